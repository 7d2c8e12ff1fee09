"""An operator's look at a deployed stack, with the credentials of the shell, and at the audit."""

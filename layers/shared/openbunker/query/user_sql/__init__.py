"""The user's own SELECT: checked against a list, scoped to a project, run."""

"""Usage: what a project sent, by day and dialect, and what a quota says of it."""

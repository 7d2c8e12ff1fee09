"""A question as it was asked: its parts, checked. No SQL, no engine."""

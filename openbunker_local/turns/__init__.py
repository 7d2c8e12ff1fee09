"""Whose turn it is: work of many projects goes through few places. Knows nothing of the work."""

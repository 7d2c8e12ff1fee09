"""Copies a data folder while it is in use, and brings such a copy back."""

"""Keys: what a credential is, and the stores that know them by their hash."""

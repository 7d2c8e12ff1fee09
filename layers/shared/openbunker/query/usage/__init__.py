"""Usage: counting it by statements, and the route that tells it."""

"""Generates docs/openapi.json from the template and the code. Not installed."""

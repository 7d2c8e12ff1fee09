"""The management routes: one module a subject, each a table of routes and their bodies."""

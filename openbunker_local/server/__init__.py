"""Stands in for API Gateway: sockets, HTTP, the routes of the template, health."""

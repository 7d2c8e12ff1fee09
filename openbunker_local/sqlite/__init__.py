"""Stands in for DynamoDB: keys, tenants, erasures and usage, in SQLite files."""

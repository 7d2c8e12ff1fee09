"""Stands in for the compact function: hot objects to cold files, erasures, in a child."""

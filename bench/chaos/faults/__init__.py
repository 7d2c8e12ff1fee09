"""Faults that a chaos run injects into a server: their table, and where they strike."""

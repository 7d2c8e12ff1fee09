"""Compaction on AWS: hot objects into the cold table, and what must be erased. Off the hot path."""

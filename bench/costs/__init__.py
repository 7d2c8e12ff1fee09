"""Prices, and what compaction costs. The table of `bench cost` is made beside."""

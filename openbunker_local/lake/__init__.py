"""Stands in for Athena: questions, receipts and exports over a data folder, by DuckDB."""

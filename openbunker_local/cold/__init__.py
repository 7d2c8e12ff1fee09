"""Stands in for the Iceberg table: Parquet files and the manifest that names them.

checksums     Whether stored files are as they were written
connection    A DuckDB in memory that can read some folders and nothing else
current       The manifest as it is now, for readers: read anew when it was replaced
lookup_trees  Rows of one machine's cold files, by id or all of them
manifest      The manifest of the cold events
objects       Hot objects that can be compacted
rows          Rows of the cold files by time of receipt
stored        All files that have a checksum of their own, read one after the other
"""

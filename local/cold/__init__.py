"""The cold events of one machine: Parquet files, the manifest that names them, compaction."""

"""Stands in for the Iceberg table: Parquet files and the manifest that names them."""

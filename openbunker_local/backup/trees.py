"""What a restore asks of cold files. Pure; builds a tree in DuckDB's functions."""

from sqlglot import exp


def customers() -> exp.Select:
    """Return project and name of each customer with rows in the files `$files`, once."""
    options = {"union_by_name": exp.true(), "hive_partitioning": exp.false()}
    named = [exp.EQ(this=exp.to_identifier(name), expression=it) for name, it in options.items()]
    files = exp.Anonymous(this="read_parquet", expressions=[exp.Placeholder(this="files"), *named])
    columns = ("project_id", "customer_identifier")
    rows = exp.select(*columns).distinct().from_(files)
    return rows.where(exp.column("customer_identifier").is_(exp.null()).not_())

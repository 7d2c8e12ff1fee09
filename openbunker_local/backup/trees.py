"""What a restore asks of cold files. Pure; builds a tree in DuckDB's functions."""

from sqlglot import exp


def persons(column: str) -> exp.Select:
    """Return project and name of each person that a column of the files `$files` names, once."""
    options = {"union_by_name": exp.true(), "hive_partitioning": exp.false()}
    named = [exp.EQ(this=exp.to_identifier(name), expression=it) for name, it in options.items()]
    files = exp.Anonymous(this="read_parquet", expressions=[exp.Placeholder(this="files"), *named])
    rows = exp.select("project_id", exp.column(column)).distinct().from_(files)
    return rows.where(exp.column(column).is_(exp.null()).not_())

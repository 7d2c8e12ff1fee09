"""Stands in for Athena: questions, receipts and exports over a data folder, by DuckDB.

asking         A statement and its files -> what a DuckDB is asked
databases      The DuckDBs of a process, and what they are asked
engine         DuckDB over delivered objects and cold files: the query engine of one machine
export         Events of a project as files: Parquet, NDJSON or CSV, a day at a time
faults         What an error of DuckDB means
files          Which files a statement reads on one machine
lanes          Two lanes of questions
limits         How long a question may take on one machine, and what its end is called
pages          One page of a listing from files
receipts       Receipts on one machine: searches the files of a data folder for rows by id
receipts_cold  Receipts of cold events on one machine
rendering      The tree of a statement -> DuckDB's text and named parameters
scrub          Reads all stored files anew, a little at a time
usage_counter  Counts usage in the background, so that quotas hold on one machine too
heavy/         Heavy questions: which they are, and the processes of their own that answer them
"""

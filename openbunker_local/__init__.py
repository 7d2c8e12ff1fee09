"""The same handlers on one machine, on embedded parts: `openbunker run`.

demo         The demo project of an empty data folder
half         What the writing half of one machine hands to the reading half
memory       How a process that lives long keeps its memory small
reading      The reading half of one machine
runtime      The embedded parts of one machine, put together
thawed       Values that a serving process makes by plain assignments
backup/      Copies a data folder while it is in use, and brings such a copy back
books/       The books of one machine
cli/         The command line: one module a command or group
cold/        Stands in for the Iceberg table: Parquet files and the manifest that names them
compaction/  Stands in for the compact function: hot objects to cold files, erasures, in a child
lake/        Stands in for Athena: questions, receipts and exports over a data folder, by DuckDB
server/      Stands in for API Gateway: sockets, HTTP, the routes of the template, health
sqlite/      Stands in for DynamoDB: keys, tenants, erasures and usage, in SQLite files
stack/       An operator's look at a deployed stack
stream/      Stands in for Firehose and SQS: journal, delivery into objects, spill and replay
testing/     The twin
turns/       Whose turn it is: work of many projects goes through few places
"""

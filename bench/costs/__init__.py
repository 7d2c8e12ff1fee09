"""What compaction costs and what questions project. `bench cost` prints it all.

compaction  What compaction costs on AWS in a month
ids         What the search for senders' ids reads where they lie in buckets by hash
partitions  How many partitions Athena projects for questions, and did before
sample      The record of an ordinary event
projection  Which partitions Athena projects for the conditions of a SELECT
template    What template.yaml says, for whoever computes with it
"""

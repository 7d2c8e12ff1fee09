"""Compaction on AWS: hot objects into the cold table; and erasing, a function of its own.

counting    Counting usage after a run on AWS, from the cold table alone
cut         What readers are told of where delivered objects lie
endpoint    What the schedules call: a run of either function, and the line that says how it went
erasing     Erasing customers for real
erasure_run One run of erasing: its own state, and how far compaction had come when it began
planning    Which minutes a step of compaction takes, whose rows it leaves out, what may go after it
quarantine  Objects that are no whole gzip stream
rewriting   Takes lines out of objects, page by page, on from where the last run stopped
run         The walk of one run: settle what the last run left, step by step towards now
salvage     What an erasure leaves of objects that were set aside as damaged
services    What compaction on AWS needs from the outside, as one value
store       The bucket as compaction needs it, and the small objects that runs keep in it
steps       The steps of a run, one after the other, and when each one last succeeded
statements  The statements: hot partitions into the Iceberg table, and its upkeep
upkeep      Looking after the cold table
walk        What a run of either function does: keeps its state, waits for statements, ends in time
"""

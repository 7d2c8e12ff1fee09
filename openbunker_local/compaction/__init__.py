"""Stands in for the compact function: hot objects to cold files, erasures, in a child.

batch          One batch of hot objects -> cold files: read, judge each row, write
checked        Which cold files a run may rest on
child          `python -m openbunker_local.compaction.child DATA UP_TO_MS NOW_MS`
database       A DuckDB in memory for compaction
erase          Removes the rows of erased customers from a data folder for good
erase_objects  Objects, and what is not an object yet, of erased customers
erase_trees    Trees that take erased customers out of the cold files of one machine
job            A compaction as the server's child and the command line run it
merging        Which cold files are merged, so that a day has few and none is written too often
run            One compaction: closed hot objects -> cold files, batch by batch, then merges
sweep          Removes what no longer counts
trees          Trees of the compaction on one machine
worker         The server's side of compaction: when one is due, a child process does it
writer         Writes cold files
"""

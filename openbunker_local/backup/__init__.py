"""Copies a data folder while it is in use, and brings such a copy back.

copying  Copies one file of a data folder into a backup, as its kind needs it
erased   Erasures that came after a backup, asked for again in the folder that is made of it
listing  `backup.json`: what is in a backup, with the checksum of each file
restore  A backup becomes a data folder: compared file by file, copied whole, and named last
take     A backup of a data folder, beside a running server and its compaction
trees    What a restore asks of cold files
"""

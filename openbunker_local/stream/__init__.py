"""Stands in for Firehose and SQS: journal, delivery into objects, spill and replay.

damaged       What was set aside because a part of it cannot be read: `stream/damaged/`
delivered     The delivered objects of a folder, by minute of arrival
delivery      Turns a segment of the journal into one hot object
disk          The file operations that durability hangs on, so that tests can make them fail
folder        The data folder as a whole: made durably, and of a format that this release knows
frames        Frames of the journal and the spill: length, checksum, payload
id_hashes     Rows -> the hashes of the ids that a receipt may ask for
id_index      Which objects of a minute hold an id
journal       The embedded stream's journal
parts         The clock, the disk and the client that a server works with, and the real ones
refused_days  What was refused on one machine: its stream, and how long it stays
replayer      Brings the spill's files back into the stream, in the background
spill         The spill of one machine: a folder of files that the embedded stream did not take
stream        The embedded delivery stream: Data Firehose's one operation on one machine
undelivered   Rows of a data folder that no object holds yet: the stream's journal and the spill
"""

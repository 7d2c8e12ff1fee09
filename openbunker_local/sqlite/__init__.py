"""Stands in for DynamoDB: keys, tenants, erasures and usage, in SQLite files.

audit          All SQLite files whose rows have sums, read one after the other
desk           Tenants on one machine
erasures       The erasure store of one machine: a SQLite file
integrity      Whether a SQLite file is as it was written
keys           The key store of one machine: a SQLite file of items by hash
refused_place  Where refused items go on one machine
refused_share  How much of the disk each project fills with what was refused of it
tenants        The store of management on one machine
usage          The store of counts of one machine
"""

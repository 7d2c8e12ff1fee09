"""Erasures: a customer's rows hidden at once and removed later. Off the hot path.

decodings How what stands in a text is decoded, one layer at a time
dynamo    The erasure store of a deployment: one DynamoDB table, by project and id
hashing   What stays of a person who was erased, and the columns that a person may be named in
lines     Which lines of an object an erasure takes out
memory    An erasure store in a dict
mentions  Whether a text that somebody sent names a customer, in whatever spelling
model     What an erasure is, whom it hides, and what a store of erasures promises
readings  What a text that somebody sent can be read as
"""

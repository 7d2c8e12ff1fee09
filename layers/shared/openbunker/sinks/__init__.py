"""Sinks: where records become durable.

chunking         Cuts a sequence of packs into calls of the delivery stream
failover         The policy between two sinks
firehose         The sink over a delivery stream
firehose_client  The delivery stream client of a deployed function
memory           A sink that keeps records in a list: the fake beside the real ones, for tests
packing          Packs event lines into stream records, and gives every line its record's fate
refused          Where refused items go
sink             The contract of a sink, and of the stream client that one talks to
spill            The spill of a deployed function
spill_message    What a spilled message says: records, or the name of the object that holds them
sqs_client       The queue client of a deployed function
"""

"""The words everybody uses: event, verdict, reasons, records, layout. No I/O, no other room.

addresses     Addresses of machines: what of one is kept
books         The ledger: what became of every item of a request, by project and time of receipt
errors        How things are refused: a whole request by an exception, one item by a value
event         The canonical event, and the draft that a dialect reads before it is complete
ids           Event ids: 128 bits, ordered by time, in the layout of a version 7 UUID (RFC 9562)
jsontext      JSON text -> Python values, strictly, with errors that name line and column
layout        The storage contract: prefixes, partitions and object names under the data root
reasons       The closed set of codes for all that is not `stored`, and what hangs on each
records       Event <-> bytes
refused_rows  What was refused, as it is kept
times         Lengths of time in milliseconds, and the one text of a time that answers hold
verdict       What became of each item
"""

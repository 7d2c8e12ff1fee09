"""Processes beside the server that take events in: requests are walked there, and written here.

One interpreter works on one core. The server alone has sockets, files and limits; a worker is given
whole requests and asks the server for everything that lasts, so its end loses nothing.

channel  Messages between the server and a worker
child    `python -m openbunker_local.workers.child`: walks requests until the server lets go
crew     The server's side of its workers: started, given requests, replaced
desk     What a worker may ask of the server
remote   The server's stream, books and limits, as a worker sees them
worker   One worker from the server's side: its process, what it has in hand, whether it hears
"""

"""Stands in for API Gateway: sockets, HTTP, the routes of the template, health.

arrival      How much of a request has arrived, held against the limits of the front
connections  The open connections of a server
deployed     Where what is deployed lies
direct       Calls what takes events in past ASGI: no task, no messages, one write
gateway      HTTP -> event -> handler -> HTTP: what the gateway does in front of Lambda
limits       What the front takes of a client before it knows who that is
messages     Between uvicorn's messages and the gateway's records
protocol     HTTP as uvicorn's parser reads it, behind the limits of the front
proxies      Who sent a request that a proxy handed on
routes       The routes of template.yaml and the handlers they name
sender       Whose request it is: the dialect that would store it, and the key that it came with
server       Sockets: listens, serves, and drains before it ends
transfer     What goes over a socket: the bytes of answers, and when to read on
waiting      `x-openbunker-wait: visible`: an answer is held back until a question finds its events
weight       How much a body is to read once it is inflated
state/       Whether a server is well: what is wrong with it, and the log line when that changes
"""

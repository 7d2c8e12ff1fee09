"""Stands in for API Gateway: sockets, HTTP, the routes of the template, health.

arrival      How much of a request has arrived, held against the limits of the front
causes       What makes a server `degraded`
connections  The open connections of a server
deployed     Where what is deployed lies
gateway      HTTP -> event -> handler -> HTTP: what the gateway does in front of Lambda
health       What `GET /health` and `GET /ready` tell of a running server
limits       What the front takes of a client before it knows who that is
protocol     HTTP as uvicorn's parser reads it, behind the limits of the front
proxies      Who sent a request that a proxy handed on
routes       The routes of template.yaml and the handlers they name
sender       Whose request it is: the dialect that would store it, and the key that it came with
server       Sockets
transfer     What goes over a socket past the application
waiting      `x-openbunker-wait
watch        Looks every few seconds whether a server is well, and says so once
welcome      What a browser sees at `/`: that this is openbunker, and where to go on
"""

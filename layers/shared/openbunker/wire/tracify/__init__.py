"""The dialect of Tracify: its route, and the data of its events.

data    What the `data` and `identity_data` of a Tracify event must hold
events  Dialect of Tracify: POST /api/v1/events, a list of server-side events behind one boolean
"""

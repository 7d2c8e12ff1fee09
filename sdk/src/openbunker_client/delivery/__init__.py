"""How events get to the server: the queue, the spool, the thread and what answers mean.

Knows nothing of how callers say an event: that is told at the door, in `intake` and `client`.
"""

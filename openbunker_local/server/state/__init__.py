"""Whether a server is well: what is wrong with it, and the log line when that changes.

causes    What makes a server `degraded`: each cause, how it is found, and what it tells to whom
health    What `GET /health` and `GET /ready` tell of a running server
underway  Which requests may still bring rows that were received before now
watch     Looks every few seconds whether a server is well, and says so once
"""

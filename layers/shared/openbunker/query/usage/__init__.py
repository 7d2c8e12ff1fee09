"""Usage: counting it by statements, and the route that tells it.

counting  Counts days and settles quotas by the counts
endpoint  `GET /v1/usage`: what a project sent, by day and dialect, and how its quota stands
tree      What was received on a day, by project, dialect and key
"""

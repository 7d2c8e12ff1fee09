"""The management routes: one module a subject, each a table of routes and their bodies.

audit       `POST /v1/manage/audit`: who changed what of a project
erasures    The routes of erasures: `POST /v1/delete/customer` and `GET /v1/delete/{erasure_id}`
key_bodies  What the routes of keys take: models, and what they say of a key's members
keys        The routes of keys: `POST /v1/manage/key/...`, for the master key of their project
limits      `POST /v1/manage/project/limits`: the quota of a project and the rate of its keys
projects    The routes of projects: `POST /v1/manage/project/...`
route       What the routes of management share
"""

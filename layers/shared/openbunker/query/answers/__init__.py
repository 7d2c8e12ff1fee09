"""What the query routes answer: tables in their forms, receipts, refused items, failures.

failures        What an engine's failure is to whoever asked: a reason of ours
formats         The table of an answer as JSON, NDJSON or CSV, by the request's Accept
live            `GET /v1/live`: the newest events and refusals, and what became visible since
live_row        `GET /v1/live/{event_id}`: one row of the newest events, opened
live_walk       One step of a walk along the newest rows: what is shown, and where it stands then
parameters      The parameters of a route's address: none that it does not know
question        `POST /v1/query/json`: the walk of one question, or of one page of a listing
receipt         `GET /v1/receipts/{event_id}`: what became of one event
refused         `GET /v1/refused`: what was refused of a project's keys in a period
refused_groups  What was refused, told by reason
"""

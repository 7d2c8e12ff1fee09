"""The dialect of Databuddy: `events` (classic) and `track` (newer), their fields and data.

events      Dialect of Databuddy, classic: POST / and POST /batch
fields      What Databuddy's older and newer API share
track       Dialect of Databuddy, newer
track_data  What the bodies of Databuddy's newer API hold
"""

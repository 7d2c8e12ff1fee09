"""The dialect of Segment's HTTP tracking API: its routes and its messages.

message   What a message of Segment holds, and how it becomes a draft
messages  The routes: /v1/track and its siblings, /v1/batch, and the one-letter names
settings  What Segment's browser and mobile clients ask before they send
"""

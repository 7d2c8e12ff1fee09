"""The dialect of PostHog's capture API: its routes and its events.

body      A request's body as JSON text, once the encodings of PostHog's clients are undone
capture   Dialect of PostHog's capture API: POST /batch/, /capture/, /e/ and /i/v0/e/
message   What an event of PostHog holds, and how it becomes a draft
settings  What PostHog's clients ask before they send: flags and settings
"""

"""Wire formats: one file per vendor, and the list of them.

calendar      Days and times of the Gregorian calendar -> milliseconds since the epoch
dates         Times as text -> milliseconds since the epoch, in UTC
dialect       What a dialect is
eventbunker   Dialect of EventBunker: POST /post, one JSON object per request
fields        Checks of one JSON object against a table of fields, in the words of a validator
looser_dates  Dates that are not ISO 8601 but that JavaScript's `Date` reads
nanosights    Dialect of NanoSights: POST /api/tags/custom, one JSON object with its key inside
registry      The list of dialects and the look-up by method and path
databuddy/    The dialect of Databuddy
posthog/      The dialect of PostHog's capture API: its routes and its events
segment/      The dialect of Segment's HTTP tracking API: its routes and its messages
tracify/      The dialect of Tracify: its route, and the data of its events
"""

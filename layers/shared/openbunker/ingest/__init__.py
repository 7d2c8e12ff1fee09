"""The walk of one write request, step by step. Start at `pipeline`. No vendor words, no stores.

burst         How fast one key may send to one environment: token buckets, bounded in number
enrich        What a request tells of its events: whose they are, masked IP, times, utm tags
event_names   How many different event names a project uses, counted approximately
keep_refused  Keeps what was refused of a known key, before the answer and as well as it can
limits        What a project may send
lines         Drafts -> Records
no_event      What a request is answered that is about no event
notices       What is told of events that were stored although their time can hardly be meant
pipeline      The walk of one request, top to bottom
resubmission  A refused item that is sent again, mended
services      What a request needs from the outside, as one value
useragent     A user agent text -> browser, operating system and kind of device
visit         One request on its way through the walk: what is known of it so far
"""

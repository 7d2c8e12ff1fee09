"""A question as it was asked: its parts, checked. No SQL, no engine.

basis     Which of its two times puts an event into a period
bodies    How a body is read: what a value may be, and objects of named elements
buckets   Date buckets: where they begin in a time zone, and the few stretches of equal width
columns   What a question may name: the columns of a row, and fields of `properties` by dot path
cursor    Where the next page of a listing begins, as a text that only this package reads
elements  What the elements of a question share
filters   A condition on a field, as a question and a key carry it, validated
forms     The forms of an answer that a question may ask for, and the most that one holds
journeys  Funnels and retention as they are asked for
listing   The body of a listing: which fields of which events, newest first, page by page
period    The time a question is about: counted back from now, a day, two times, or all time
problems  What is wrong with a body, as one RequestRefused
question  The body of `POST /v1/query/json`, validated
seen      What a walk along the newest events has shown, as a text
zones     Time zones: their names, and the instants of their wall clocks
"""

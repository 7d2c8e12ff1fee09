"""Which events a project sends, and what is in them. Told of the rows that are stored, each time.

endpoint    `GET /v1/events/names`: names, when and how many; of one name its properties as well
properties  What rows hold: paths, types, examples, and what is new in the younger of them
"""

"""A question as the tree of a statement, the same for both engines. Runs nothing.

aggregates  Question -> syntax tree, on top of the rows of a scope
computed    A computation -> the value it takes of each row, and its aggregate over rows
conditions  A filter -> a condition on the rows of a scope
hiding      The conditions that leave out rows of erased customers
journeys    Funnel and retention -> statement, and their tables
listing     Listing -> statement of one page, newest first, and how its table becomes the page
live        The newest rows of a scope in the order of receipt: events, and what was refused
page_trees  The trees of one page of a listing, on top of the rows of a scope
refused     Trees over the rows of what was refused
rows        The innermost query of every question: the rows of one scope, each event once
series      Date buckets as tree expressions
values      The values of fields as tree expressions
"""

"""A look at a running collector from outside, as its clients meet it. Knows no store and no stack.

calls     One request and what came back, or that nothing did
checks    What is tried of a server, in order
doors     Each vendor's door: one event, how it says that it has it, and how it refuses a wrong key
verdicts  What an answer says of a check: well or not, in a few words, and what to do about it
"""

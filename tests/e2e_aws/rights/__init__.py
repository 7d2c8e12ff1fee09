"""Rights by removal: each function does its whole job with its role, and not with one right less.

policies  Rights out of the policies as deployed, and what they allow
actions   Which rights a call of ours needs, read from the call
gate      A relay that lets a function's calls through as far as its role goes
function  Calls a built function, cold, in the Python of its runtime
runner    What that Python runs: a handler, its events, a clock put forward
jobs      What each function has to do, and how it is seen to have done it
offices   The jobs of those that ask and manage
schedule  The jobs of those that nobody calls
tables    The tables for those who set a scene
requests  Requests as an HTTP API hands them to a function
denied    The right to write is taken away, and given back
unproven  Rights that no job of ours needs, each with its reason
removal   Takes one right away at a time, and expects the job to fail
"""

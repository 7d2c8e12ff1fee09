"""Functions of the stack called by themselves, in the Python of their runtime.

function  Calls a built function, cold, in the Python of its runtime
runner    What that Python runs: a handler, its events, a clock put forward
"""

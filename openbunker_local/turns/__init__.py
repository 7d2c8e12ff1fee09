"""Whose turn it is: work of many projects goes through few places. Knows nothing of the work.

gate      Threads that wait for their turn, each until a time of its own
presence  Whether whoever asked is still there: what was begun for them is ended when they leave
queue     The order of turns: round robin over projects, then over their keys, first come within
"""

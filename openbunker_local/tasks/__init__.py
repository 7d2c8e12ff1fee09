"""Calls that give the event loop way while they wait: written as a thread's, without one each.

task     A call on the event loop's thread; how it starts, sleeps, and has a thread do what blocks
waiter   Waiting for one thing: a thread blocks, a task gives way; and telling many at once
"""

"""Calls that give the event loop way while they wait: written as a thread's, without one each.

call     A call on its way through the committer of an embedded stream, and who waits for it
task     A call on the event loop's thread; how it starts, sleeps, and has a thread do what blocks
waiter   Waiting for one thing: a thread blocks, a task gives way; and telling many at once
"""

"""Usage: what a project sent, by day and dialect, and what a quota says of it.

days    The days that usage is counted by: UTC, `2026-11-21`, by time of receipt
dynamo  The store of counts of a deployment: one DynamoDB table, a partition for each project
memory  A store of counts in dicts: the fake beside the real ones, with the same contract tests
model   What is counted, and what a store of counts promises
quotas  What a project used of its month, and whether its quota is used up
"""

"""Keys: what a credential is, and the stores that know them by their hash.

cached    A cache before a key store
dynamo    The key store of a deployed function: one DynamoDB table, read by the key's hash
items     The stored form of a key: a flat mapping, the same in DynamoDB and in the local store
memory    A key store in a dict: the fake beside the real ones, with the same contract tests
model     What a key is and what a store of keys promises
projects  What the hot path must know of a project: is it there, what may it send
resolve   From a key's text to the key
shape     How key texts look, so that a person or a secret scanner knows one when they see it
"""

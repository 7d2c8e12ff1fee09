"""Management: accounts, projects, keys and who changed which. Never on the path of an event.

audit        Reading the audit: who did what with which project or key, newest first
credentials  What can be done with the keys of a project
dynamo       The store on AWS: the tables of tenants and of keys, in one transaction
endpoint     The routes of the manage function and the walk of one request
limits       Setting a project's limits: its monthly quota and the rate of its keys
memory       The store of management in dicts
model        Accounts, projects, keys with what people know of them, entries of the audit
office       What every change has in common: the store, the clock, ids, the audit, another try
projects     What can be done with accounts and projects
services     What managing tenants needs from the outside, as one value
store        What management needs of a store: items by address, written together or not at all
routes/      The management routes
"""

"""The user's own SELECT: checked against a list, scoped to a project, run.

advice      What is said of kinds of values that do not go together
check       The text of a user's SELECT -> a tree that holds nothing but what is listed
endpoint    `POST /v1/query/sql`: one SELECT of a user over the events of a project
kinds       The kinds of values in a user's SELECT, and which of them go together
names       Which column a name means, by Trino's rules
queries     The clauses of a user's SELECT
refusing    How a user's SELECT is refused: by line and column, in the words that the user typed
sameness    A typed tree -> a tree of which both engines give the same values
signatures  What functions take and give, where both engines give the same: the typed list
times       Times in a user's SELECT
told        The values that a user's SELECT returns, as JSON has them
tree        A checked SELECT of a user -> a statement over the rows of a scope
types       What an expression of a user's SELECT is: a kind, by the signatures, or a refusal
values      What the values in a user's SELECT may be
words       What a SELECT of a user may consist of
"""

"""Questions about stored events. Off the hot path: track and batch never import this.

endpoint      The routes of the query function, and the keys that open them
engine        The contract of a query engine: runs one statement, returns one table
incomplete    What an answer lacks, and how each form says so
receipts      What a receipt says: where an event lies and whether it is the copy that counts
rendering     The tree of a statement -> Athena's text, and what any engine's text needs
scope         Whose rows a statement may see, and the names of the tables that statements read
scope_of_key  From a key to the scope of what it may read
services      What a question needs from the outside, as one value
state         What a deployment knows of itself, as an answer tells it
system        `GET /v1/system`: how the deployment is, and the numbers of the key's project
tables        The tables that statements read
answers/      What the query routes answer
athena/       The engine on AWS: statements run by Athena, within a request
catalogue/    Which events a project sends, and what is in them
chart/        An answer as a page with a chart: what `POST /v1/query/iframe` returns
question/     A question as it was asked: its parts, checked
sql/          A question as the tree of a statement, the same for both engines
usage/        Usage: counting it by statements, and the route that tells it
user_sql/     The user's own SELECT: checked against a list, scoped to a project, run
"""

"""The engine on AWS: statements run by Athena, within a request. Counts as a store.

budget      How long a request may still take, shared by all statements that it asks
engine      Athena over delivered objects and the cold table: the query engine of a deployment
executions  Statements run by Athena: started, waited for, read
partitions  Which partitions of delivered objects a statement reads
receipts    Receipts from Athena
signed      Athena's operations over the signed client, under the names that boto3 gives them
"""

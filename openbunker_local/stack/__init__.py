"""An operator's look at a deployed stack, with the credentials of the shell.

books    The books of a deployed stack
clients  boto3's clients for an operator at a deployed stack, with the credentials of the shell
reach    What goes wrong on the way to a deployed stack, as one error
tenants  What an operator's command line reaches of a deployed stack
trees    What a deployment's store holds, by project and hour of receipt
"""

"""Commands that check what is there: from inside by the books, from outside as a client.

doctor     `openbunker doctor URL`: is a running collector well, as its clients meet it?
reconcile  `openbunker reconcile`: do the books close?
"""

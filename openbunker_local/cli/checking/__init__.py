"""Commands that check: by the books, from outside as a client, and what it costs.

cost       `openbunker cost`: what a month of a deployed stack costs, before there is one
doctor     `openbunker doctor URL`: is a running collector well, as its clients meet it?
reconcile  `openbunker reconcile`: do the books close?
"""

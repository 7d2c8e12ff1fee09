"""The books of one machine: written before the answer, read and compared with what lies there.

compare  Compares the books with what lies in the store, by project and hour
read     Reads the books of a data folder: the entries that were made before the answers
sums     How the items of a project ended, of some hours
write    The books of one machine: an embedded stream of their own, rooted at DATA/books
"""

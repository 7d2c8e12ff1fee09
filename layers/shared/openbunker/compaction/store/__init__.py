"""The bucket as compaction needs it, and the small objects that runs keep in it. No statement.

bucket         The bucket: listings, conditional writes, deletes by the thousand
erasing_state  How far erasing has come
memory         A bucket in a dict: the fake beside S3's, with the same contract tests
reader         The bucket as questions read it, over the signed client
refused_hours  Since when what was refused lies by hour and no more by minute
state          How far compaction has come, and the plan that it is in the middle of
"""

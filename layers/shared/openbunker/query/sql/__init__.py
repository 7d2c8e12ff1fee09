"""A question as the tree of a statement, the same for both engines. Runs nothing."""

"""The engine on AWS: statements run by Athena, within a request. Counts as a store."""

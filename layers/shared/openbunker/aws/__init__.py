"""A signed HTTP client for the AWS calls of the hot path, in place of boto3."""

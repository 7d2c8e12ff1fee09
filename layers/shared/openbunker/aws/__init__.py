"""A signed HTTP client for the AWS calls of the hot path, in place of boto3.

client      AWS JSON calls (protocols JSON 1.0 and 1.1), signed, over one kept connection
connection  One kept HTTP connection to one endpoint
objects     Objects of one S3 bucket: put, get and delete, signed, over one kept connection
roots       The certificate authorities that sign AWS's endpoints
sigv4       Signature Version 4 for the requests that we send
"""

"""A signed HTTP client for the AWS calls of the hot path, in place of boto3.

access       How AWS is reached: whose credentials sign, and which endpoints
client       AWS JSON calls (protocols JSON 1.0 and 1.1), signed, over one kept connection
connection   One kept HTTP connection to one endpoint, with one deadline for a request
container    Credentials from the endpoint that Lambda names in a restored snapshot
credentials  Whose credentials sign: given once, or lent for a time
endpoints    Where AWS's services are, by partition, FIPS and the environment
errors       How a call of AWS fails
http1        HTTP/1.1 as bytes: the head of a request, and one answer, read strictly
listing      A listing of a bucket: what is asked for, and what a page of it says
lookup       Where a host's name leads, asked apart so that it cannot hold up a request
objects      Objects of one S3 bucket: put, get, list and delete, signed, over one kept connection
retries      When a failed call is made again, within its own seconds
roots        The certificate authorities that sign AWS's endpoints
sigv4        Signature Version 4 for the requests that we send
time_left    What is left of the seconds that something may take
"""

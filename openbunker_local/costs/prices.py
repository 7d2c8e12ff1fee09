"""AWS's list prices in dollars, and what is assumed beside them. No rules.

us-east-1 as of September 2026, without free tiers and volume discounts. Sources: the price pages
aws.amazon.com/api-gateway/pricing (HTTP API), /lambda/pricing (arm64), /firehose/pricing,
/s3/pricing, /athena/pricing, /dynamodb/pricing/on-demand, /cloudwatch/pricing (an alarm is paid
for by the metrics that it reads, a metric of one's own by the hours in which it is told).
"""

MILLION = 1_000_000
GB = 1024**3
PER_API_REQUEST = 1.00 / MILLION
PER_INVOCATION = 0.20 / MILLION
PER_GB_SECOND = 0.0000133334
PER_STREAM_GB = 0.029
# Firehose bills every record as the next multiple of 5 KB.
BILLED_STEP = 5 * 1024
PER_PUT = 0.005 / 1_000
PER_GET = 0.0004 / 1_000
PER_STORED_GB = 0.023
PER_SCANNED_BYTE = 5 / 1e12
LEAST_SCANNED = 10_000_000
PER_LOGGED_GB = 0.50
PER_READ_UNIT = 0.125 / MILLION
# Lambda's SnapStart, and provisioned concurrency on arm64.
PER_CACHED_GB_SECOND, PER_RESTORED_GB = 0.0000015046, 0.0001397998
PER_PROVISIONED_GB_SECOND = 0.0000033334
PER_ALARM_METRIC, PER_DASHBOARD, PER_METRIC = 0.10, 3.00, 0.30

MONTH_SECONDS = 30 * 86_400
# Intervals below a minute are delivered as multipart uploads: three requests an object.
PUTS_PER_OBJECT = 3
# Assumptions, since nobody has measured them on an account: template.yaml's memory, one call to the
# stream a request, and at most so many objects a second of a stream that is never idle.
MEMORY_GB = 0.5
SECONDS_SINGLE, SECONDS_BATCH = 0.010, 0.012
OBJECTS_A_SECOND = 1.0
# A stream beyond its first quota of bytes works in parallel: so many bytes more, one object more.
OBJECT_BYTES = 5 * 1024**2
# The lines of a request: ours, which a test measures, and by AWS's pages about so much of Lambda's
# own (START, REPORT) and of an access log.
OUR_LINE_BYTES, PLATFORM_LINES_BYTES, ACCESS_LINE_BYTES = 470, 430, 300

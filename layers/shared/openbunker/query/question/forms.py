"""The forms of an answer that a question may ask for, and the most that one holds."""

from enum import StrEnum

# A Lambda function answers with at most 6 MB, counted after its reply became JSON once more.
MAX_REPLY_BYTES = 5_000_000


class Form(StrEnum):
    """The media types of an answer; the first is what no preference gets."""

    JSON = "application/json"
    NDJSON = "application/x-ndjson"
    CSV = "text/csv"

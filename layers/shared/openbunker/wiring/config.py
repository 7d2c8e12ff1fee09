"""Settings of a deployed function: the only reader of environment variables.

Off the environment everything is an explicit argument. All problems come in one message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openbunker.aws import access
from openbunker.aws.access import Access
from openbunker.core.errors import InvalidSettings

PREFIX = "OPENBUNKER_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a function is told. Names with our prefix that are not known are errors.

    stream            OPENBUNKER_STREAM           name of the delivery stream
    keys_table        OPENBUNKER_KEYS_TABLE       name of the key table
    glue_database     OPENBUNKER_GLUE_DATABASE    Glue database of the events table
    athena_workgroup  OPENBUNKER_ATHENA_WORKGROUP Athena workgroup
    spill_queue       OPENBUNKER_SPILL_QUEUE      address (URL) of the spill queue
    bucket            OPENBUNKER_BUCKET           bucket of the events, for what no message holds
    tenants_table     OPENBUNKER_TENANTS_TABLE    tenants' table, for the manage function
    erasures_table    OPENBUNKER_ERASURES_TABLE   who is erased; without it no question is answered
    usage_table       OPENBUNKER_USAGE_TABLE      table of counts, where usage is told or counted
    refused_stream    OPENBUNKER_REFUSED_STREAM   stream of what is refused; without it none is kept
    compaction_workgroup OPENBUNKER_COMPACTION_WORKGROUP Athena workgroup of compaction
    hot_days          OPENBUNKER_HOT_DAYS         days for which compacted hot objects are kept
    country_header    OPENBUNKER_COUNTRY_HEADER   header in which a trusted edge names the country
    edge_secret       OPENBUNKER_EDGE_SECRET      what an edge in front proves itself with, 1 or 2
    dedupe_days       OPENBUNKER_DEDUPE_DAYS      days in which a sender's id is looked for, 0: all
    stack             OPENBUNKER_STACK            name of the stack, by which metrics are told apart
    and as in AWS's SDKs the region, AWS_REGION, and what `access` reads: credentials
    (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, or the endpoint
    AWS_CONTAINER_CREDENTIALS_FULL_URI with its token), AWS_ENDPOINT_URL, the same with _FIREHOSE,
    _DYNAMODB, _SQS or _S3, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS and AWS_USE_FIPS_ENDPOINT.
    """

    stream: str
    keys_table: str
    glue_database: str
    athena_workgroup: str
    spill_queue: str
    bucket: str
    region: str
    access: Access
    refused_stream: str | None = None
    country_header: str | None = None
    edge_secret: str | None = field(default=None, repr=False)
    tenants_table: str | None = None
    erasures_table: str | None = None
    usage_table: str | None = None
    compaction_workgroup: str | None = None
    hot_days: int = 2
    dedupe_days: int = 0
    stack: str | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Return the settings of an environment. Raises InvalidSettings naming every problem."""
        problems = [f"{name} is missing" for name in _REQUIRED.values() if not environ.get(name)]
        known = set(_REQUIRED.values()) | set(_OPTIONAL.values()) | set(_DAYS.values())
        unknown = [name for name in environ if name.startswith(PREFIX) and name not in known]
        problems += [f"{name} is not a setting" for name in sorted(unknown)]
        problems += [
            f"{name} is not a whole number of days"
            for name in _DAYS.values()
            if environ.get(name) and not environ[name].isdecimal()
        ]
        problems += access.problems(environ)
        if problems:
            raise InvalidSettings("; ".join(problems))
        given: dict[str, Any] = {a: environ[name] for a, name in _REQUIRED.items()}
        given |= {a: environ[name] for a, name in _OPTIONAL.items() if environ.get(name)}
        given |= {a: int(environ[name]) for a, name in _DAYS.items() if environ.get(name)}
        return cls(access=access.of(environ), **given)


_REQUIRED = {
    "stream": "OPENBUNKER_STREAM",
    "keys_table": "OPENBUNKER_KEYS_TABLE",
    "glue_database": "OPENBUNKER_GLUE_DATABASE",
    "athena_workgroup": "OPENBUNKER_ATHENA_WORKGROUP",
    "spill_queue": "OPENBUNKER_SPILL_QUEUE",
    "bucket": "OPENBUNKER_BUCKET",
    "region": "AWS_REGION",
}
_OPTIONAL = {
    "refused_stream": "OPENBUNKER_REFUSED_STREAM",
    "country_header": "OPENBUNKER_COUNTRY_HEADER",
    "edge_secret": "OPENBUNKER_EDGE_SECRET",
    "tenants_table": "OPENBUNKER_TENANTS_TABLE",
    "erasures_table": "OPENBUNKER_ERASURES_TABLE",
    "usage_table": "OPENBUNKER_USAGE_TABLE",
    "compaction_workgroup": "OPENBUNKER_COMPACTION_WORKGROUP",
    "stack": "OPENBUNKER_STACK",
}
_DAYS = {"hot_days": "OPENBUNKER_HOT_DAYS", "dedupe_days": "OPENBUNKER_DEDUPE_DAYS"}

"""Where AWS's services are: by partition, by FIPS, or where the environment says instead.

Pure: the environment is an argument. Names and rules are those of AWS's SDKs, so that one setting
serves every tool (AWS SDKs and Tools reference guide, "Service-specific endpoints", "FIPS
endpoints"); botocore's own rules are the tests' oracle.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# How regions of the other partitions begin, and their domain.
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
# In GovCloud these are FIPS endpoints under their plain names.
_FIPS_ALREADY = ("dynamodb", "sqs")


@dataclass(frozen=True, slots=True)
class Parts:
    """An endpoint: its host as a header has it, its name in ASCII, its port, whether it is TLS."""

    host: str
    name: bytes
    port: int
    secure: bool


def parts(endpoint: str) -> Parts:
    """Return the parts of an endpoint. Raises ValueError for what is none."""
    try:
        address = urlsplit(endpoint)
        name, port = (address.hostname or "").encode("ascii"), address.port
    except ValueError:
        name, port = b"", None
    secure = endpoint.startswith("https://")
    known = secure or endpoint.startswith("http://")
    if not (known and name) or "@" in address.netloc or address.path not in ("", "/"):
        raise ValueError(f"an endpoint is http(s)://host[:port], not {endpoint!r}")
    return Parts(address.netloc, name, port or (443 if secure else 80), secure)


def configured(service: str, environ: Mapping[str, str]) -> str | None:
    """Return the endpoint that the environment names for a service, None where it names none."""
    if _is_true(environ, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"):
        return None
    own = environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
    return own or environ.get("AWS_ENDPOINT_URL") or None


def host(service: str, region: str, *, fips: bool = False) -> str:
    """Return the host of a service in a region of any partition."""
    known = region.startswith("us-gov-") and service in _FIPS_ALREADY
    name = f"{service}-fips" if fips and not known else service
    domains = (domain for prefix, domain in _DOMAINS.items() if region.startswith(prefix))
    return f"{name}.{region}.{next(domains, 'amazonaws.com')}"


def uses_fips(environ: Mapping[str, str]) -> bool:
    """Return whether the environment asks for FIPS endpoints."""
    return _is_true(environ, "AWS_USE_FIPS_ENDPOINT")


def _is_true(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").lower() == "true"

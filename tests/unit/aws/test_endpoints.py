"""Where services are, against botocore's own rules; what the environment says instead."""

from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from openbunker.aws import endpoints

SERVICES = {
    "firehose": "PutRecordBatch",
    "dynamodb": "GetItem",
    "sqs": "SendMessageBatch",
    "athena": "StartQueryExecution",
    "s3": "GetObject",
}
REGIONS = (
    *("eu-central-1", "ap-southeast-7", "cn-north-1", "us-gov-west-1", "us-iso-east-1"),
    *("us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"),
)
# The one endpoint that China lacks; ours would be a name that leads nowhere.
LACKING = ("s3", "cn-north-1", True)


@cache
def session() -> botocore.session.Session:
    """One for all: each reads the rules of all services anew."""
    return botocore.session.Session()


def botocores(service: str, region: str, *, fips: bool) -> str:
    """Return the host that botocore sends a call of the service to."""
    client: Any = session().create_client(
        service,
        region_name=region,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(use_fips_endpoint=fips),
    )
    called = client.meta.service_model.operation_model(SERVICES[service])
    asked = {"Bucket": "bucket", "Key": "key"} if service == "s3" else {}
    context = {"client_config": client.meta.config, "client_region": region, "signing": {}}
    found = client._ruleset_resolver.construct_endpoint(called, asked, context)
    return str(found.url).removeprefix("https://").removeprefix("bucket.")


@pytest.mark.parametrize("service", SERVICES)
def test_every_partition_has_botocores_hosts(service: str) -> None:
    for region in REGIONS:
        for fips in (False, True):
            if (service, region, fips) != LACKING:
                wanted = botocores(service, region, fips=fips)
                assert endpoints.host(service, region, fips=fips) == wanted


ALL = "http://all:1"


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, None),
        ({"AWS_ENDPOINT_URL": ""}, None),
        ({"AWS_ENDPOINT_URL": ALL}, ALL),
        ({"AWS_ENDPOINT_URL": ALL, "AWS_ENDPOINT_URL_SQS": "http://one:1"}, "http://one:1"),
        ({"AWS_ENDPOINT_URL": ALL, "AWS_ENDPOINT_URL_S3": "http://one:1"}, ALL),
        ({"AWS_ENDPOINT_URL": ALL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "True"}, None),
        ({"AWS_ENDPOINT_URL": ALL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}, ALL),
    ],
)
def test_the_environment_names_endpoints_as_for_awss_sdks(
    environ: dict[str, str], found: str | None
) -> None:
    assert endpoints.configured("sqs", environ) == found


def test_fips_is_asked_for_by_awss_name() -> None:
    assert endpoints.uses_fips({"AWS_USE_FIPS_ENDPOINT": "true"})
    assert not endpoints.uses_fips({"AWS_USE_FIPS_ENDPOINT": "false"})
    assert not endpoints.uses_fips({})


@pytest.mark.parametrize(
    ("endpoint", "parts"),
    [
        ("http://h", ("h", b"h", 80, False)),
        ("https://H.example/", ("H.example", b"h.example", 443, True)),
        ("http://[::1]:4566", ("[::1]:4566", b"::1", 4566, False)),
    ],
)
def test_an_endpoint_has_parts(endpoint: str, parts: tuple[str, bytes, int, bool]) -> None:
    assert endpoints.parts(endpoint) == endpoints.Parts(*parts)


@pytest.mark.parametrize(
    "endpoint",
    [
        *("firehose.local", "ftp://x", "https://", "//x", "http://x/path", "http://me@x"),
        *("http://x:port", "http://x:99999", "http://bücher"),
    ],
)
def test_an_endpoint_is_a_whole_address(endpoint: str) -> None:
    with pytest.raises(ValueError, match="an endpoint is"):
        endpoints.parts(endpoint)

"""The routes of the template, made through the API: the emulator reads no OpenAPI document.

Which function stands behind a method and a path is read from the built template.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e_aws import template
from tests.e2e_aws.stack import BUILT, Stack


def functions(built: Path = BUILT) -> dict[str, dict[str, Any]]:
    """Return the properties of the template's functions by logical name."""
    found: dict[str, dict[str, Any]] = {
        name: one["Properties"]
        for name, one in template.read(built)["Resources"].items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    return found


def of_template(built: Path = BUILT) -> Iterator[tuple[str, str]]:
    """Yield each route, as in `POST /track`, with the logical name of its function."""
    for name, function in functions(built).items():
        for event in function.get("Events", {}).values():
            if event["Type"] == "HttpApi":
                told = event["Properties"]
                yield f"{told['Method'].upper()} {told['Path']}", name


def make(stack: Stack, built: Path = BUILT) -> int:
    """Give the deployed API the routes that it lacks; return how many there are."""
    gateway, resources = stack.client("apigatewayv2"), stack.resources()
    api = resources["Api"][1]
    there = {one["RouteKey"] for one in gateway.get_routes(ApiId=api)["Items"]}
    behind: dict[str, str] = {}
    missing = [one for one in of_template(built) if one[0] not in there]
    for route, function in missing:
        if function not in behind:
            arn = f"arn:aws:lambda:us-east-1:000000000000:function:{resources[function][1]}:live"
            made = gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationUri=arn,
                PayloadFormatVersion="2.0",
            )
            behind[function] = made["IntegrationId"]
        target = f"integrations/{behind[function]}"
        gateway.create_route(ApiId=api, RouteKey=route, Target=target)
    return len(there) + len(missing)

"""The laws of requests and replies: both payload formats, and inflation within its limit."""

import base64
import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web.http import MAX_BODY_BYTES, Reply, Request, refusal_headers

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PARTS = ["requestContext", "rawPath", "rawQueryString", "headers", "body", "isBase64Encoded"]
PARTS += ["httpMethod", "path", "queryStringParameters"]
PARTS += ["multiValueHeaders", "multiValueQueryStringParameters"]


def version_2(**more: Any) -> dict[str, Any]:
    http = {"method": "POST", "path": "/post", "sourceIp": "192.0.2.1"}
    return {"rawPath": "/post", "requestContext": {"http": http}, **more}


def version_1(**more: Any) -> dict[str, Any]:
    context = {"identity": {"sourceIp": "192.0.2.1"}}
    return {"httpMethod": "POST", "path": "/post", "requestContext": context, **more}


def request_of(data: bytes, encoding: str = "") -> Request:
    body = base64.b64encode(data).decode()
    return Request(
        method="POST",
        path="/",
        headers={"content-encoding": encoding},
        raw_body=body,
        is_base64=True,
    )


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def reason_of(request: Request) -> Reason:
    with pytest.raises(RequestRefused) as caught:
        request.body()
    return caught.value.reason


def test_both_payload_formats_are_the_same_request() -> None:
    headers = {"X-Key": "k"}
    one = Request.from_gateway(version_1(queryStringParameters={"a": "1"}, headers=headers))
    two = Request.from_gateway(version_2(rawQueryString="a=1", headers=headers))
    assert one == two
    assert (two.method, two.path, two.source_ip) == ("POST", "/post", "192.0.2.1")


@pytest.mark.parametrize("event", [version_1(), version_2()])
def test_what_is_absent_is_empty(event: dict[str, Any]) -> None:
    request = Request.from_gateway({**event, "headers": None, "body": None})
    assert (request.headers, request.query, request.body()) == ({}, {}, b"")


@given(st.dictionaries(st.sampled_from(PARTS), ANY_JSON))
def test_any_other_dict_is_refused_and_nothing_else_is_raised(event: dict[str, Any]) -> None:
    try:
        Request.from_gateway(event)
    except RequestRefused as refused:
        assert refused.reason is Reason.NOT_A_GATEWAY_EVENT


@pytest.mark.parametrize("event", [{}, {"Records": []}, version_2(body={"a": 1})])
def test_an_event_of_another_service_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(RequestRefused) as caught:
        Request.from_gateway(event)
    assert caught.value.reason is Reason.NOT_A_GATEWAY_EVENT


@pytest.mark.parametrize("path", ["//batch", "/batch", "batch"])
def test_a_path_begins_with_one_slash(path: str) -> None:
    assert Request.from_gateway(version_2(rawPath=path)).path == "/batch"


@pytest.mark.parametrize(
    ("path", "route", "served"),
    [
        ("/collect/v1/track", "POST /v1/track", "/v1/track"),
        ("/a/b/post", "POST /post", "/post"),
        ("/collect/", "POST /", "/"),
        ("/collect", "POST /", "/"),
        ("/c/v1/receipts/0198", "GET /v1/receipts/{event_id}", "/v1/receipts/0198"),
        ("/v1/receipts/0198", "GET /v1/receipts/{event_id}", "/v1/receipts/0198"),
        ("/post", "$default", "/post"),
        ("/collect/post", "ANY /{proxy+}", "/collect/post"),
        ("/other", "POST /post", "/other"),
        ("//batch", "POST //batch", "/batch"),
    ],
)
def test_a_base_path_in_front_of_the_route_does_not_count(
    path: str, route: str, served: str
) -> None:
    """An API mapping of a custom domain: the route says what was asked for, in both formats."""
    http = {"http": {"method": "POST"}}
    two = {"rawPath": path, "routeKey": route, "requestContext": http}
    one = {"path": path, "httpMethod": "POST", "resource": route.partition(" ")[2]}
    assert Request.from_gateway(two).path == served
    assert Request.from_gateway(one).path == served


def test_of_repeated_query_names_the_first_counts() -> None:
    request = Request.from_gateway(version_2(rawQueryString="client_id=a&client_id=b&empty="))
    assert request.query == {"client_id": "a", "empty": ""}


@pytest.mark.parametrize("name", ["x-key", "X-Key", "X-KEY"])
def test_header_names_come_in_any_case(name: str) -> None:
    assert Request.from_gateway(version_2(headers={name: " k "})).header("x-key") == "k"


def test_a_repeated_header_is_joined_in_both_formats() -> None:
    one = version_1(headers={"X-Key": "b"}, multiValueHeaders={"X-Key": ["a", "b"]})
    two = version_2(headers={"x-key": "a,b"})
    assert [Request.from_gateway(event).header("x-key") for event in (one, two)] == ["a,b"] * 2


def test_of_repeated_query_names_the_first_counts_in_format_1_too() -> None:
    event = version_1(
        queryStringParameters={"client_id": "b"},
        multiValueQueryStringParameters={"client_id": ["a", "b"]},
    )
    assert Request.from_gateway(event).query == {"client_id": "a"}


def test_a_function_url_event_is_payload_format_2() -> None:
    event = version_2(
        version="2.0",
        routeKey="$default",
        rawPath="//batch",
        rawQueryString="client_id=c",
        headers={"content-type": "application/json", "x-forwarded-for": "192.0.2.1"},
        cookies=["a=1"],
        body="W10=",
        isBase64Encoded=True,
    )
    event["requestContext"] |= {"domainName": "abc.lambda-url.eu-central-1.on.aws", "stage": ""}
    request = Request.from_gateway(event)
    assert (request.path, request.query, request.body()) == ("/batch", {"client_id": "c"}, b"[]")


def test_an_empty_header_counts_as_none() -> None:
    request = Request(method="POST", path="/", headers={"x-key": "  "})
    assert request.header("x-key") is None


@given(st.binary(max_size=300))
def test_compression_and_base64_are_undone(data: bytes) -> None:
    assert request_of(data).body() == data
    assert request_of(gzip.compress(data), "gzip").body() == data
    assert request_of(gzip.compress(data), " X-GZIP ").body() == data
    assert request_of(zlib.compress(data), "deflate").body() == data
    assert request_of(raw_deflate(data), "deflate").body() == data


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "identity", "br", "é"]))
def test_garbage_is_refused_for_a_reason_of_the_clients(data: bytes, encoding: str) -> None:
    try:
        request_of(data, encoding).body()
    except RequestRefused as refused:
        assert 400 <= refused.reason.facts.status < 500


def test_the_limit_counts_after_inflation() -> None:
    assert len(request_of(b"x" * MAX_BODY_BYTES).body()) == MAX_BODY_BYTES
    assert len(request_of(gzip.compress(b"x" * MAX_BODY_BYTES), "gzip").body()) == MAX_BODY_BYTES
    over = b"x" * (MAX_BODY_BYTES + 1)
    assert reason_of(request_of(over)) is Reason.PAYLOAD_TOO_LARGE
    assert reason_of(request_of(gzip.compress(over), "gzip")) is Reason.PAYLOAD_TOO_LARGE


def test_an_inflation_bomb_is_refused_without_being_inflated() -> None:
    """A quarter of a GiB of zeros takes little more memory than the limit."""
    bomb = request_of(gzip.compress(bytes(256 * 1024 * 1024), 9), "gzip")
    tracemalloc.start()
    reason = reason_of(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert reason is Reason.PAYLOAD_TOO_LARGE
    assert peak < 6 * MAX_BODY_BYTES


def test_a_cut_off_body_is_refused() -> None:
    whole = gzip.compress(b"x" * 1000)
    assert reason_of(request_of(whole[:-1], "gzip")) is Reason.INVALID_ENCODING


def test_a_second_member_is_refused_rather_than_lost() -> None:
    two = gzip.compress(b"[1]") + gzip.compress(b"[2]")
    assert reason_of(request_of(two, "gzip")) is Reason.INVALID_ENCODING


def test_what_is_not_base64_is_refused() -> None:
    for text in ("a", "%%%%", "é"):
        request = Request(method="POST", path="/", raw_body=text, is_base64=True)
        assert reason_of(request) is Reason.INVALID_ENCODING


def test_a_reply_is_ascii_json_and_later_headers_win() -> None:
    reply = Reply(200, {"text": "é\ud800"}, {"a": "1", "b": "1"}).with_headers({"b": "2"})
    answer = reply.to_gateway()
    assert answer["body"].isascii()
    assert json.loads(answer["body"]) == {"text": "é\ud800"}
    assert answer["headers"] == {"content-type": "application/json", "a": "1", "b": "2"}


def test_a_reply_without_a_body_has_no_content_type() -> None:
    assert Reply(204, None).to_gateway() == {"statusCode": 204, "headers": {}, "body": ""}


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip,br", "compress"])
def test_another_encoding_is_refused_with_those_that_are_served(encoding: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        request_of(b"{}", encoding).body()
    assert caught.value.reason is Reason.UNSUPPORTED_ENCODING
    assert "use gzip or deflate" in caught.value.message
    assert refusal_headers(caught.value.reason)["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize("reason", list(Reason))
def test_retry_after_goes_exactly_with_what_may_be_resent(reason: Reason) -> None:
    headers = refusal_headers(reason)
    assert headers["x-openbunker-reason"] == reason.value
    assert ("retry-after" in headers) == reason.facts.retryable

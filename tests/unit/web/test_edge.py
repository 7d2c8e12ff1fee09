"""Who came through the edge, and whose address counts."""

import pytest

from openbunker.core.errors import RequestRefused
from openbunker.core.reasons import Reason
from openbunker.web.edge import HEADER, NO_EDGE, Edge
from openbunker.web.http import Request

OLD, NEW = "o" * 32, "n" * 32
SENDER, CLOUDFRONT = "198.51.100.7", "203.0.113.9"


def request(secret: str | None, chain: str = f"{SENDER}, {CLOUDFRONT}") -> Request:
    told = {} if secret is None else {HEADER: secret}
    headers = {"user-agent": "curl", "x-forwarded-for": chain, **told}
    return Request(method="POST", path="/post", headers=headers, source_ip=CLOUDFRONT)


def test_without_an_edge_nobody_is_believed_and_nobody_turned_away() -> None:
    asked = request("whatever")
    assert NO_EDGE.seen(asked) is asked
    assert Edge.of(None) == Edge.of("") == NO_EDGE


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_both_secrets_count_while_one_is_changed_and_neither_travels_on(secret: str) -> None:
    seen = Edge.of(f"{NEW},{OLD}").seen(request(secret))
    assert HEADER not in seen.headers
    assert seen.header("user-agent") == "curl"


@pytest.mark.parametrize("secret", [None, "", OLD[:-1], OLD + "o", f"{NEW},{OLD}", "\udcff", "é"])
def test_who_went_around_the_edge_is_refused(secret: str | None) -> None:
    with pytest.raises(RequestRefused) as refused:
        Edge.of(f"{NEW},{OLD}").seen(request(secret))
    assert refused.value.reason is Reason.NOT_FROM_EDGE
    assert OLD not in refused.value.message


@pytest.mark.parametrize(
    ("chain", "address"),
    [
        (f"{SENDER}, {CLOUDFRONT}", SENDER),
        (f"6.6.6.6, {SENDER}, {CLOUDFRONT}", SENDER),  # the first is the sender's own invention
        (f"6.6.6.6,{SENDER}", SENDER),  # a gateway that appends nothing
        (CLOUDFRONT, CLOUDFRONT),
        ("", CLOUDFRONT),
    ],
)
def test_the_senders_address_is_what_the_edge_appended(chain: str, address: str) -> None:
    assert Edge((NEW,)).seen(request(NEW, chain)).source_ip == address

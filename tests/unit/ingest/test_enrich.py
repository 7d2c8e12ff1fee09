"""The laws of enrichment: what is generated is ours, what is given is kept, IPs are masked."""

import ipaddress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core import records
from openbunker.core.addresses import mask_ip
from openbunker.core.event import Draft, Event
from openbunker.ingest.enrich import COUNTRY_HEADER, Origin
from openbunker.ingest.lines import written
from openbunker.keys.model import Key, KeyKind
from openbunker.web.http import Request

STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
NOW_MS = 1_790_000_000_000
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0"


def key(customer: str | None = None) -> Key:
    return Key(
        key_id="k",
        kind=KeyKind.WRITE,
        account_id="a",
        project_id="p",
        customer_identifier=customer,
    )


WRITE_KEY = key()


def completed(draft: Draft, of_key: Key = WRITE_KEY, /, **headers: str) -> Event:
    request = Request(method="POST", path="/", headers=headers, source_ip="203.0.113.77")
    origin = Origin.of(request, "eventbunker", of_key, NOW_MS, COUNTRY_HEADER)
    [(_, record)] = written([draft], origin, ["0" * 32])
    assert record is not None
    return records.decode(record.data)


def test_receipt_fills_in_time_and_id() -> None:
    event = completed(Draft(event_name="x"))
    assert (event.timestamp_ms, event.received_ms) == (NOW_MS, NOW_MS)
    assert (event.event_id, event.dedupe_key) == ("0" * 32, "0" * 32)


@pytest.mark.parametrize("given_ms", [0, -1, 1_624_718_880_000])
def test_a_given_time_is_kept_even_when_it_is_zero(given_ms: int) -> None:
    event = completed(Draft(event_name="x", timestamp_ms=given_ms))
    assert (event.timestamp_ms, event.received_ms) == (given_ms, NOW_MS)


@pytest.mark.parametrize("age_ms", [0, 1_500, -250])
def test_an_age_is_counted_back_from_the_receipt(age_ms: int) -> None:
    """Whatever the sender's clock shows: the age is the difference of two of its readings."""
    event = completed(Draft(event_name="x", timestamp_ms=86_400_000, age_ms=age_ms))
    assert event.timestamp_ms == NOW_MS - age_ms


def test_a_given_dedupe_key_is_kept() -> None:
    assert completed(Draft(event_name="x", dedupe_key="order:1")).dedupe_key == "order:1"


def test_a_scoped_key_fills_in_its_customer_and_cannot_be_talked_out_of_it() -> None:
    draft = Draft(event_name="x", customer_identifier="other")
    assert completed(draft, key("acme")).customer_identifier == "acme"
    assert completed(draft).customer_identifier == "other"


def test_a_user_agent_in_the_event_counts_before_the_header() -> None:
    header = {"user-agent": "curl/8.5.0"}
    assert completed(Draft(event_name="x"), WRITE_KEY, **header).browser == "curl"
    assert (
        completed(Draft(event_name="x", user_agent=FIREFOX), WRITE_KEY, **header).browser
        == "Firefox"
    )


def test_without_a_trusted_edge_nobody_is_anywhere() -> None:
    headers = {"cloudfront-viewer-country": "DE"}
    request = Request(method="POST", path="/", headers=headers, source_ip="203.0.113.77")
    assert Origin.of(request, "eventbunker", WRITE_KEY, NOW_MS).country is None
    assert Origin.of(request, "eventbunker", WRITE_KEY, NOW_MS, "x-country").country is None


def test_the_country_is_what_the_edge_says() -> None:
    header = {"cloudfront-viewer-country": "DE"}
    assert completed(Draft(event_name="x"), WRITE_KEY, **header).country == "DE"
    assert completed(Draft(event_name="x", properties={"country": "FR"})).country is None


@pytest.mark.parametrize(("tag", "kept"), [("x" * 500, True), ("x" * 501, False), ("a\0", False)])
def test_a_tag_that_its_column_cannot_hold_leaves_the_others_alone(tag: str, kept: bool) -> None:
    told = completed(Draft(event_name="x", utm={"utm_source": tag, "utm_medium": "m"}))
    url = f"https://a.example/?utm_medium=m&utm_source={quote(tag)}"
    in_url = completed(Draft(event_name="x", url=url))
    for event in (told, in_url):
        assert (event.utm_source, event.utm_medium) == (tag if kept else None, "m")


def test_utm_tags_come_from_the_page_else_from_the_referrer() -> None:
    tagged = "https://a.example/?utm_source=mail&utm_medium=&utm_unknown=1&x=2"
    page = completed(Draft(event_name="x", url=tagged, referrer="https://b/?utm_source=b"))
    assert (page.utm_source, page.utm_medium) == ("mail", None)
    referred = completed(Draft(event_name="x", url="https://a.example/", referrer=tagged))
    assert referred.utm_source == "mail"


def test_campaign_tags_that_the_sender_names_come_before_those_of_the_url() -> None:
    url = "https://a.example/?utm_source=url&utm_medium=url"
    event = completed(Draft(event_name="x", url=url, utm={"utm_source": "told", "ip": "1.2.3.4"}))
    assert (event.utm_source, event.utm_medium, event.ip) == ("told", None, "203.0.113.0")


@pytest.mark.parametrize(
    ("query", "source"),
    [
        ("utm%5Fsource=mail", "mail"),
        ("UTM_SOURCE=mail", None),
        ("utm_source=first&utm_source=second", "first"),
        ("utm%5fsource=first&utm_source=second", "first"),
    ],
)
def test_a_tag_may_be_escaped_and_of_repeated_ones_the_first_counts(
    query: str, source: str | None
) -> None:
    event = completed(Draft(event_name="x", url=f"https://a.example/?{query}"))
    assert event.utm_source == source


def test_without_a_page_in_the_event_the_one_that_sent_the_request_has_the_utm_tags() -> None:
    header = {"referer": "https://a.example/?utm_source=mail"}
    assert completed(Draft(event_name="x"), WRITE_KEY, **header).utm_source == "mail"
    assert completed(Draft(event_name="x"), WRITE_KEY, **header).url is None
    there = Draft(event_name="x", url="https://a.example/")
    assert completed(there, WRITE_KEY, **header).utm_source is None


def test_utm_tags_that_the_event_names_come_before_those_of_its_page() -> None:
    url = "https://a.example/?utm_source=mail&utm_term=t"
    named = completed(Draft(event_name="x", url=url, utm={"utm_source": "fb", "utm_id": "1"}))
    assert (named.utm_source, named.utm_term) == ("fb", None)
    assert completed(Draft(event_name="x", url=url, utm={"utm_id": "1"})).utm_source == "mail"


@pytest.mark.parametrize("told", ["", "D", "DEU", "D1", "ÄÖ", "de, fr"])
def test_what_is_no_country_code_is_not_stored(told: str) -> None:
    header = {"cloudfront-viewer-country": told}
    assert completed(Draft(event_name="x"), WRITE_KEY, **header).country is None


@given(STORABLE, STORABLE)
def test_any_url_and_any_user_agent_are_survived(url: str, agent: str) -> None:
    event = completed(Draft(event_name="x", url=url + "?utm_source=1", user_agent=agent))
    assert event.url == url + "?utm_source=1"


@given(st.ip_addresses(v=4))
def test_of_an_ipv4_address_the_last_octet_goes(address: ipaddress.IPv4Address) -> None:
    network = ipaddress.ip_network(f"{address}/24", strict=False)
    assert mask_ip(str(address)) == str(network.network_address)


@given(st.ip_addresses(v=6))
def test_of_an_ipv6_address_the_last_80_bits_go(address: ipaddress.IPv6Address) -> None:
    masked = mask_ip(str(address))
    assert masked is not None
    if address.ipv4_mapped:
        assert masked == mask_ip(str(address.ipv4_mapped))
    else:
        kept = 40 if address.sixtofour else 48  # 6to4 has an IPv4 address in its first 48 bits
        expected = ipaddress.ip_network(f"{address}/{kept}", strict=False).network_address
        assert ipaddress.ip_address(masked) == expected


def test_an_ipv4_address_inside_ipv6_is_masked_as_ipv4() -> None:
    assert mask_ip("::ffff:203.0.113.77") == "203.0.113.0"


@given(st.text())
def test_what_is_no_address_is_not_stored(text: str) -> None:
    masked = mask_ip(text)
    assert masked is None or ipaddress.ip_address(masked)


@pytest.mark.parametrize("text", ["", "unknown", "203.0.113.77, 10.0.0.1", "fe80::1%eth0", "\0"])
def test_near_addresses_are_not_stored(text: str) -> None:
    assert mask_ip(text) is None

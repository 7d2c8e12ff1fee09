"""The law of verdicts: one per item, in order, and never "ok" by default."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openbunker.core.errors import Refusal
from openbunker.core.event import Draft
from openbunker.core.reasons import Reason
from openbunker.core.verdict import Accepted, Delivery, Fate, merge

DELIVERIES = {
    Fate.STORED: Delivery(Fate.STORED),
    Fate.SPILLED: Delivery(Fate.SPILLED),
    Fate.RETRY: Delivery(Fate.RETRY, Reason.STREAM_UNAVAILABLE),
}


def item(index: int, fate: Fate) -> Accepted | Refusal:
    if fate is Fate.REFUSED:
        return Refusal(Reason.INVALID_SCHEMA, str(index))
    return Accepted(Draft(event_name=str(index)), f"{index:032x}", 1, 2)


@given(st.lists(st.sampled_from(list(Fate))))
def test_verdicts_are_the_items_in_length_order_and_fate(fates: list[Fate]) -> None:
    items = [item(index, fate) for index, fate in enumerate(fates)]
    deliveries = [DELIVERIES[fate] for fate in fates if fate is not Fate.REFUSED]

    verdicts = merge(items, deliveries)

    assert [verdict.fate for verdict in verdicts] == fates
    assert [verdict.accepted or verdict.refusal for verdict in verdicts] == items


@given(st.lists(st.sampled_from(list(Fate))))
def test_a_reason_is_told_exactly_for_what_is_not_durable(fates: list[Fate]) -> None:
    items = [item(index, fate) for index, fate in enumerate(fates)]
    deliveries = [DELIVERIES[fate] for fate in fates if fate is not Fate.REFUSED]
    for verdict in merge(items, deliveries):
        assert (verdict.reason is None) == verdict.fate.accepted


@given(st.integers(0, 5), st.integers(0, 5))
def test_counts_that_disagree_are_an_error(sent: int, delivered: int) -> None:
    items = [item(index, Fate.STORED) for index in range(sent)]
    if sent == delivered:
        assert len(merge(items, [DELIVERIES[Fate.STORED]] * delivered)) == sent
    else:
        with pytest.raises(ValueError, match="records were sent"):
            merge(items, [DELIVERIES[Fate.STORED]] * delivered)

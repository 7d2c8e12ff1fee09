from openbunker_local.testing.differences import told


def event(name: str, **properties: object) -> dict[str, object]:
    return {"event_name": name, "event_id": f"id-{name}", "properties": properties}


def test_the_closest_event_is_told_with_what_differs() -> None:
    good = [event("buy", value=1, cur="EUR"), event("buy", value=2, cur="EUR"), event("see")]
    text = told("buy", {"value": 2, "cur": "USD"}, good, [])
    first = text.splitlines()
    assert first[0] == "no event 'buy' with value=2, cur='USD'"
    assert first[2] == "    cur: expected 'USD', was 'EUR'"


def test_a_property_that_is_not_there_is_told_with_those_that_are() -> None:
    text = told("buy", {"valeu": 2}, [event("buy", value=2)], [])
    assert "valeu: expected 2, is not there; there are value" in text


def test_no_event_of_the_name_tells_the_names_and_the_refusals() -> None:
    refusal = {"reason": "unknown_key", "message": "no such key", "sent": {"a": 1}}
    text = told("buy", {}, [event("see")], [refusal])
    assert "there were: see" in text
    assert "refused: unknown_key: no such key ({'a': 1})" in text
    assert "no events at all" in told("buy", {}, [], [])

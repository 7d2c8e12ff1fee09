"""How the events that came differ from the one that a test expects, in words. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
MOST = 3


def told(name: str, properties: Row, good: Sequence[Row], bad: Sequence[Row]) -> str:
    """Return the text of a failed expectation: the closest events, and what was refused."""
    named = [event for event in good if event["event_name"] == name]
    lines = [f"no event {name!r}" + (f" with {_shown(properties)}" if properties else "")]
    if named:
        closest = sorted(named, key=lambda event: len(differences(properties, event)))[:MOST]
        for event in closest:
            lines.append(f"  event {event['event_id']} differs:")
            lines += [f"    {line}" for line in differences(properties, event)]
        if len(named) > MOST:
            lines.append(f"  and {len(named) - MOST} more of that name")
    else:
        others = sorted({event["event_name"] for event in good})
        lines.append(f"  there were: {', '.join(others) if others else 'no events at all'}")
    lines += [
        f"  refused: {one['reason']}: {one['message']} ({one['sent']!r})" for one in bad[:MOST]
    ]
    return "\n".join(lines)


def differences(properties: Row, event: Row) -> list[str]:
    """Return a line for each property that an event has not, or has otherwise."""
    sent: Row = event["properties"]
    lines = []
    for name, value in properties.items():
        if name not in sent:
            near = ", ".join(sorted(sent)) or "none"
            lines.append(f"{name}: expected {value!r}, is not there; there are {near}")
        elif sent[name] != value:
            lines.append(f"{name}: expected {value!r}, was {sent[name]!r}")
    return lines


def _shown(properties: Row) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in properties.items())

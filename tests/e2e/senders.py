"""The vendors' Python packages, as their users have them: {client, url, key, user, count} comes as
JSON on the standard input, what went wrong goes as JSON to the standard output.

Runs in an environment of its own, which has the packages and nothing of ours.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

FLUSH_AT = 20


def rudder(told: dict[str, Any], wrong: Callable[..., None]) -> None:
    """Send with rudder-sdk-python."""
    from rudderstack.analytics.client import Client

    client = Client(told["key"], host=told["url"], on_error=wrong, upload_size=FLUSH_AT)
    for number in range(told["count"]):
        client.track(told["user"], "Sent", {"n": number})
    client.shutdown()


def posthog(told: dict[str, Any], wrong: Callable[..., None]) -> None:
    """Send with posthog; ask it for a flag, too."""
    from posthog import Posthog

    client = Posthog(
        told["key"], host=told["url"], on_error=wrong, flush_at=FLUSH_AT, gzip=told["gzip"]
    )
    for number in range(told["count"]):
        client.capture("Sent", distinct_id=told["user"], properties={"n": number})
    if client.feature_enabled("no-such-flag", told["user"]):
        wrong("a flag that nobody set")
    client.shutdown()


def main() -> None:
    """Send as asked."""
    told, faults = json.load(sys.stdin), list[str]()
    senders = {"rudder-sdk-python": rudder, "posthog": posthog}
    senders[told["client"]](told, lambda *what: faults.append(str(what[0])))
    sys.stdout.write(json.dumps(faults))


if __name__ == "__main__":
    main()

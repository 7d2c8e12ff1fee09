"""One curl per dialect and a query, ready to paste, with the demo project's keys filled in."""

from openbunker_local.demo import Demo

_IDENTITY = f'{{"{"a" * 64}": 3, "{"b" * 64}": 4}}'

_PLAN = '"event": "Plan Chosen", "distinct_id": "user-7", "properties": {"plan": "pro"}'


def curls(demo: Demo) -> dict[str, str]:
    """Return a title and a command for each."""
    url = demo.base_url
    return {
        "EventBunker": _post(
            f"{url}/post",
            '{"event_name": "signup", "customer_identifier": "acme", "plan": "pro"}',
            f"x-eventbunker-write-key: {demo.write_key}",
        ),
        "Databuddy": _post(
            f"{url}/?client_id={demo.client_id}",
            '{"type": "custom", "name": "purchase", "properties": {"value": 99.99}}',
        ),
        "NanoSights": _post(
            f"{url}/api/tags/custom",
            f'{{"projectKey": "{demo.project_key}", "event_name": "ButtonClick",'
            f' "url": "{demo.site_origin}/page", "event_data": {{"category": "CTA"}}}}',
        ),
        "Tracify": _post(
            f"{url}/api/v1/events",
            f'{{"events": [{{"url": "{demo.site_origin}/cart",'
            f' "customer_site_id": "{demo.customer_site_id}",'
            f' "identity_data": {_IDENTITY}, "type": "pageview",'
            f' "data": {{"origin": "{demo.site_origin}"}}}}]}}',
            f"tracify-token: {demo.tracify_token}",
        ),
        "Segment": _post(
            f"{url}/v1/track",
            f'{{"writeKey": "{demo.write_key}", "userId": "user-7", "event": "Item Purchased",'
            ' "properties": {"revenue": 14.99}}',
        ),
        "PostHog": _post(f"{url}/i/v0/e/", f'{{"api_key": "{demo.write_key}", {_PLAN}}}'),
        "Query": _post(
            f"{url}/v1/query/json",
            '{"time_period": "minus_60_minutes", "group_by": ["event_name"],'
            ' "computations": [{"function": "count"}]}',
            f"x-eventbunker-query-key: {demo.query_key}",
        ),
    }


def _post(url: str, body: str, *headers: str) -> str:
    lines = [f"curl '{url}'"]
    lines += [f"-H '{header}'" for header in (*headers, "content-type: application/json")]
    lines.append(f"-d '{body}'")
    return " \\\n  ".join(lines)

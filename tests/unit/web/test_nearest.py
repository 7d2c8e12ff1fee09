"""What a 404 and a 405 tell whoever mistyped a route."""

import pytest

from openbunker.web.nearest import not_there, other_method
from openbunker.wire import registry


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/post/", "/post"),
        ("/Post", "/post"),
        ("/pots", "/post"),
        ("/v1/tracks", "/v1/track"),
        ("/api/v1/event", "/api/v1/events"),
        ("/api/tag/custom", "/api/tags/custom"),
    ],
)
def test_a_404_names_the_nearest_route(path: str, meant: str) -> None:
    text = not_there(path, registry.paths())
    assert path in text
    assert text.endswith(f"Did you mean {meant}?")


@pytest.mark.parametrize("path", ["/wp-admin.php", "/" + "x" * 10_000, "/.env"])
def test_what_is_near_to_nothing_gets_no_advice(path: str) -> None:
    text = not_there(path, registry.paths())
    assert "Did you mean" not in text
    assert len(text) < 200


def test_a_405_names_what_the_path_takes() -> None:
    assert other_method("GET", "/post", "POST") == "GET is not served at /post; it takes POST."

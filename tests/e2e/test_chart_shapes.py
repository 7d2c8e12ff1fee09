"""What a chart makes of its values: two measures, values below nothing, order, long names, none.

Needs Debian's package `chromium`; part of `make e2e`.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from openbunker.query.chart import look, page
from openbunker.query.chart.look import Look, Shape, Type
from openbunker.query.chart.shown import Shown
from tests.support.browser import Chrome, Page, chrome
from tests.support.chromium import served

pytestmark = pytest.mark.slow

Drawn = Callable[..., Page]
HOURS = [f"2026-11-21T{hour:02}:00:00+00:00" for hour in range(12)]
LABELS = "[...document.querySelectorAll('.bars .label')].map((one) => one.textContent)"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chrome(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def drawn(browser: Chrome, tmp_path: Path) -> Iterator[Drawn]:
    """Return what draws an answer in a page; the page is held to have made no complaint."""
    pages: list[Page] = []
    with served(tmp_path) as port:

        def draw(shape: Shape, rows: Any, width: int = 800, kind: Type | None = None) -> Page:
            wanted = Look(type=kind)
            text = page.page(wanted, look.chosen(wanted, shape), shape, Shown(rows), None)
            (tmp_path / "chart.html").write_text(text, encoding="utf-8")
            pages.append(browser.page(width, 420))
            return pages[-1].open(f"http://127.0.0.1:{port}/chart.html", mark="drawn")

        yield draw
    assert not [one.wrong for one in pages if [w for w in one.wrong if "favicon" not in w]]


def bars(*columns: str, ordered: bool = False) -> Shape:
    return Shape(["plan", *columns], 1, ordered=ordered)


def test_bars_come_by_their_value_unless_an_order_was_asked_for(drawn: Drawn) -> None:
    rows = [["a", 2], ["b", None], ["c", 9], ["d", 5]]

    assert drawn(bars("count"), rows).run(LABELS) == ["c", "d", "a", "b"]
    assert drawn(bars("count", ordered=True), rows).run(LABELS) == ["a", "b", "c", "d"]


def test_values_below_nothing_go_to_the_other_side(drawn: Drawn) -> None:
    page_ = drawn(bars("sum_change"), [["up", 30], ["down", -10]])
    edges = page_.run(
        "[...document.querySelectorAll('.track i')].map((one) => {"
        " const box = one.getBoundingClientRect(); return [box.left, box.right]; })"
    )
    (up_from, up_to), (down_from, down_to) = edges

    assert abs(up_from - down_to) <= 1
    assert abs((up_to - up_from) - 3 * (down_to - down_from)) <= 3


def test_two_measures_that_differ_have_an_axis_each(drawn: Drawn) -> None:
    shape = Shape(["date", "count", "sum_price"], 1, 0)
    rows = [[hour, n % 4, 1000 * n] for n, hour in enumerate(HOURS)]
    page_ = drawn(shape, rows)

    assert page_.text("#legend").count("(right)") == 1
    assert page_.run("document.querySelectorAll('.u-axis').length") == 3
    alike = drawn(
        Shape(["date", "count", "count_unique_user_id"], 1, 0), rows=[[h, 3, 2] for h in HOURS]
    )
    assert "(right)" not in alike.text("#legend")
    assert alike.run("document.querySelectorAll('.u-axis').length") == 2


def test_bars_of_two_measures_have_a_scale_each(drawn: Drawn) -> None:
    page_ = drawn(bars("count", "sum_price"), [["pro", 10, 99_000.5], ["free", 5, 49_500.25]])
    widths = page_.run("[...document.querySelectorAll('.track i')].map((one) => one.style.width)")

    assert widths == ["100%", "100%", "50%", "50%"]
    assert "sum_price (a scale of its own)" in page_.text("#legend")


@pytest.mark.parametrize("kind", [Type.LINE, Type.BAR])
def test_empty_buckets_alone_are_no_events(drawn: Drawn, kind: Type) -> None:
    shape = Shape(["date", "count", "avg_price"], 1, 0)
    page_ = drawn(shape, [[hour, 0, None] for hour in HOURS], kind=kind)

    assert page_.text(".empty strong") == "No events"
    assert not page_.run("document.querySelector('canvas')")


def test_long_names_take_the_room_there_is_and_no_more(drawn: Drawn) -> None:
    long = "a name that is much longer than what a narrow page can show on one line, word by word"
    for width in (800, 390):
        page_ = drawn(bars("count"), [[long, 3], ["short", 2]], width)
        assert page_.too_wide() <= 0
        assert (
            page_.run("document.querySelector('.label').getBoundingClientRect().width")
            > 0.3 * width
        )

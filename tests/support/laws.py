"""A law held over many cases in one test, and how many checks a run has made.

A test for each case of a law costs more than most cases do: collecting, reporting, fixtures. So
`each` makes one test of all of them; every case that breaks the law is named, none hides another.
Cases that change what they share belong in tests of their own. Of a law whose cases are dear,
`drawn` holds a few in `make test` and all in `make e2e`.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

Case = TypeVar("Case")
HOUSE = "house"  # the Hypothesis profile of `make test`; with any other, all cases are drawn
NAMED = 40  # cases whose message is told; the rest of those that break a law are names only


class Count:
    """The cases that laws were held over in this process."""

    cases = 0


def drawn(few: int, *, of: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Draw a few cases of a law in `make test`, and all of them in `make e2e`."""
    number = few if settings.get_current_profile_name() == HOUSE else of
    unlike = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    held = settings(max_examples=number, deadline=None, suppress_health_check=unlike)

    def decorate(law: Callable[..., None]) -> Callable[..., None]:
        found: Callable[..., None] = pytest.mark.drawn(held(law))
        return found

    return decorate


def spread(cases: Sequence[Case], few: int) -> list[Case]:
    """Return cases that lie evenly from the first to the last in `make test`, all in `make e2e`.

    For dear cases that are counted and not drawn, as the steps at which a process ends. The law
    is to be marked `drawn`, or `make e2e` would not hold it.
    """
    if settings.get_current_profile_name() != HOUSE or len(cases) <= few:
        return list(cases)
    return [cases[number * (len(cases) - 1) // (few - 1)] for number in range(few)]


def checked(cases: Iterable[Case]) -> Iterator[Case]:
    """Yield the cases; each counts as one check. For laws that are loops of their own."""
    for case in cases:
        Count.cases += 1
        yield case


def each(
    names: str,
    cases: Iterable[Any] | Callable[[], Iterable[Any]],
    name: Callable[[Any], str] = str,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make one test of a law and its cases.

    `names` are the law's parameters that a case fills, with commas; all others are fixtures, which
    the cases share. `cases` may be a function, so that what is dear to make is made when the test
    runs. `name` tells a case to who reads the failure.
    """
    parameters = [one.strip() for one in names.split(",")]
    held = cases if callable(cases) else list(cases).copy

    def decorate(law: Callable[..., None]) -> Callable[..., None]:
        @wraps(law)
        def test(**fixtures: Any) -> None:
            found = list(held())
            assert found, "a law over no case cannot fail"
            broken: list[tuple[str, BaseException]] = []
            for case in checked(found):
                values = case if len(parameters) > 1 else (case,)
                try:
                    law(**dict(zip(parameters, values, strict=True)), **fixtures)
                except (Exception, pytest.fail.Exception) as error:
                    broken.append((name(case), error))
            if broken:
                raise AssertionError(_told(broken, len(found))) from broken[0][1]

        _hide(test, law, parameters)
        return test

    return decorate


def _hide(test: Callable[..., None], law: Callable[..., None], parameters: list[str]) -> None:
    """Let pytest see the fixtures of a law and not what its cases fill."""
    signature = inspect.signature(law)
    assert set(parameters) <= set(signature.parameters), f"{law.__name__} takes no {parameters}"
    fixtures = [one for one in signature.parameters.values() if one.name not in parameters]
    test.__signature__ = signature.replace(parameters=fixtures)  # type: ignore[attr-defined]


def _told(broken: list[tuple[str, BaseException]], number: int) -> str:
    lines = [f"{len(broken)} of {number} cases break the law (the trace is the first one's)"]
    for at, (name, error) in enumerate(broken):
        message = " ".join(str(error).split())[:300]
        lines.append(f"- {name}: {type(error).__name__}: {message}" if at < NAMED else f"- {name}")
    return "\n".join(lines)

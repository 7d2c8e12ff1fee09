"""What all tests share: a Hypothesis profile without a clock, so that a slow machine fails none,
and the number of checks that a run has made.
"""

from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.laws import Count

settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Note the checks of a test: the cases of its laws, or the test itself."""
    before = Count.cases
    yield
    item.user_properties.append(("checks", max(1, Count.cases - before)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many checks the tests that passed have made."""
    passed = terminalreporter.stats.get("passed", [])
    checks = sum(dict(report.user_properties).get("checks", 0) for report in passed)
    terminalreporter.write_line(f"{checks:,} checks in {len(passed):,} tests passed")

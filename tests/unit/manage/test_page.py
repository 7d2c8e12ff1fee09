"""docs/manage.md says what the code does: routes, members of a key, errors, the form of a key."""

import re
from pathlib import Path

from openbunker.core.reasons import Reason
from openbunker.keys import shape
from openbunker.manage import credentials, projects
from openbunker.manage.endpoint import ROUTES
from openbunker.manage.routes import key_bodies

PAGE = (Path(__file__).parents[3] / "docs/manage.md").read_text(encoding="utf-8")
MANAGING = "/v1/manage/"


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the tables of a section, without their heads."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `") or line[:3] == "| 4"]
    return [line.strip("| ").split(" | ") for line in lines]


def test_every_route_is_told_with_its_fields() -> None:
    told = {cells[0].strip("`"): cells[2] for cells in rows("Over HTTP") if "/" in cells[0]}
    bodies = {route.path: route.body for route in ROUTES if route.path.startswith(MANAGING)}
    assert set(told) == set(bodies)
    for path, body in bodies.items():
        assert body is not None
        members = set(re.findall(r"`(\w+)\??`", told[path]))
        optional = set(re.findall(r"`(\w+)\?`", told[path]))
        assert members <= set(body.model_fields), path
        required = {name for name, field in body.model_fields.items() if field.is_required()}
        assert required == members - optional, path


def test_every_member_of_a_key_is_told() -> None:
    told = {cells[0].strip("`"): cells[1] for cells in rows("Members of a key")}
    assert set(told) == set(key_bodies.Create.model_fields) - {"project_id"}
    for name, kind in credentials._OF_A_KIND.items():
        assert told[name] == kind.value


def test_codes_and_statuses_are_those_of_the_reasons() -> None:
    text = PAGE.split("\n## Over HTTP\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if re.match(r"\| \d{3} ", line)]
    assert len(lines) == 7
    for line in lines:
        status, codes, _ = line.strip("| ").split(" | ")
        for code in re.findall(r"`(\w+)`", codes):
            assert Reason(code).facts.status == int(status)


def test_the_scanners_form_and_the_limits_are_the_codes() -> None:
    assert f"    {shape.PATTERN}\n" in PAGE
    assert f"an account has {projects.MAX_PROJECTS} projects" in PAGE
    assert f"a project {credentials.MAX_KEYS:,} keys" in PAGE
    assert f"for {projects.GRACE_DAYS} days" in PAGE

"""`make checkov` compares findings with reasons; here it is given findings."""

import io
import json
import tomllib
from typing import Any

import pytest

from scripts.checkov import plain_template, reasons
from tests.infra.conftest import ROOT

GIVEN = tomllib.loads(reasons.REASONS.read_text(encoding="utf-8"))


def found_in(name: str) -> str:
    """A resource for which the reason is good."""
    return str(GIVEN.get(name, {}).get("only", ["Anything"])[0])


def report(*found: str, errors: tuple[str, ...] = (), passed: int = 9) -> dict[str, Any]:
    checks = [
        {"check_id": one, "check_name": "Ensure it", "resource": f"AWS::Some::Kind.{found_in(one)}"}
        for one in found
    ]
    results = {"failed_checks": checks, "parsing_errors": list(errors)}
    return {"results": results, "summary": {"passed": passed}}


def told(*reports: dict[str, Any], before: str = "") -> tuple[int, str]:
    out = io.StringIO()
    found: Any = list(reports) if len(reports) > 1 else reports[0]
    return reasons.main(io.StringIO(before + json.dumps(found)), out), out.getvalue()


def test_what_has_a_reason_passes_in_one_report_or_several() -> None:
    every = sorted(GIVEN)
    assert told(report(*every)) == (
        0,
        f"checkov: 9 passed, {len(every)} kinds of finding with a reason\n",
    )
    assert told(report(*every[:3]), report(*every[3:]), before="a warning\n")[0] == 0


def test_what_has_none_fails_and_is_named() -> None:
    code, text = told(report(*GIVEN, "CKV_AWS_1"))
    assert code == 1
    assert "CKV_AWS_1 AWS::Some::Kind.Anything: Ensure it" in text


def test_a_reason_for_one_resource_is_none_for_another() -> None:
    other = report(*GIVEN)
    check = next(c for c in other["results"]["failed_checks"] if c["check_id"] == "CKV_AWS_27")
    check["resource"] = "AWS::SQS::Queue.NewQueue"
    assert "CKV_AWS_27 AWS::SQS::Queue.NewQueue" in told(other)[1]


def test_a_reason_for_nothing_fails_and_so_does_a_template_that_was_not_read() -> None:
    first, *rest = sorted(GIVEN)
    assert told(report(*rest)) == (1, told(report(*rest))[1])
    assert f"{first} is not found any more" in told(report(*rest))[1]
    assert told(report(*GIVEN, errors=("template.json",)))[0] == 1
    assert told(report(*GIVEN, passed=0))[0] == 1


@pytest.mark.parametrize("name", sorted(GIVEN))
def test_a_reason_is_a_sentence(name: str) -> None:
    assert name.startswith("CKV_") and {"reason"} <= set(GIVEN[name]) <= {"reason", "only"}
    assert len(GIVEN[name]["reason"].split()) >= 8 and GIVEN[name]["reason"].endswith(".")


def test_the_plain_template_is_the_template() -> None:
    plain = plain_template.plain()
    assert json.loads(json.dumps(plain)) == plain
    alarm = plain["Resources"]["BatchFailedAlarm"]["Properties"]
    assert alarm["MetricName"] and alarm["AlarmActions"]


def test_its_requirements_are_hashed_and_name_no_registry() -> None:
    text = (ROOT / "requirements" / "checkov.txt").read_text(encoding="utf-8")
    assert "checkov==" in text and "--hash=sha256:" in text
    assert "index-url" not in text and "://" not in text

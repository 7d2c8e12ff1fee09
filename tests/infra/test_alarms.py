"""What rings and what is shown: metrics exist, alarms have their page, silence is judged."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from openbunker.web.log_lines import DIMENSIONS, NAMESPACE
from openbunker_local.costs import idle
from tests.infra.test_template import FUNCTIONS, SERVING, of_type

ROOT = Path(__file__).resolve().parents[2]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
Document = dict[str, Any]
Metric = tuple[str, str, tuple[str, ...]]  # namespace, name, dimensions
STEPS = {name for name in DIMENSIONS if name.endswith("_seconds")}


@pytest.fixture
def alarms(resources: Document) -> dict[str, Document]:
    found = of_type(resources, "AWS::CloudWatch::Alarm")
    return {name: alarm["Properties"] for name, alarm in found.items()}


@pytest.fixture
def dashboard(resources: Document) -> Document:
    text = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    found: Document = json.loads(re.sub(r"\$\{([\w:.]+)\}", r"\1", text))
    return found


def of_alarm(alarm: Document) -> Iterator[Metric]:
    told = alarm.get("Metrics", [])
    for one in [o["MetricStat"]["Metric"] for o in told if "MetricStat" in o] or [alarm]:
        labels = tuple(d["Name"] for d in one.get("Dimensions", ()))
        yield one["Namespace"], one["MetricName"], labels


def of_dashboard(dashboard: Document) -> Iterator[Metric]:
    for widget in dashboard["widgets"]:
        for one in widget["properties"].get("metrics", ()):
            if isinstance(one[0], str):
                names = [part for part in one if isinstance(part, str)]
                yield names[0], names[1], tuple(names[2::2])
            elif found := re.search(r'\{([\w/,]+)\} MetricName="(\w+)"', one[0]["expression"]):
                namespace, *labels = found[1].split(",")
                yield namespace, found[2], tuple(labels)


def documented() -> dict[str, set[str]]:
    """The metrics of AWS in the runbook's table, each with a source."""
    found: dict[str, set[str]] = defaultdict(set)
    for space, names, source in re.findall(r"\| `(AWS/\w+)` \| (.+) \| (.+) \|", RUNBOOK):
        assert "](https://docs.aws.amazon.com/" in source
        found[space] |= set(re.findall(r"`([\w.]+)`", names))
    return found


def sections() -> dict[str, str]:
    """The text of each section of the runbook by the anchor of its heading."""
    parts = re.split(r"^### (.+)$", RUNBOOK.partition("## Metrics")[0], flags=re.MULTILINE)
    return {
        name.replace(" ", "-"): text for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def test_every_metric_that_is_watched_or_shown_exists(
    alarms: dict[str, Document], dashboard: Document
) -> None:
    watched = {metric for alarm in alarms.values() for metric in of_alarm(alarm)}
    shown = set(of_dashboard(dashboard))
    known = documented()
    for namespace, name, labels in watched | shown:
        if namespace == NAMESPACE:
            assert DIMENSIONS[name] == labels, name
        else:
            assert name in known[namespace], (namespace, name)
    ours = {name for namespace, name, _ in watched | shown if namespace == NAMESPACE}
    assert ours == set(DIMENSIONS), "a metric that nobody reads is paid for all the same"
    named = {(space, name) for space, names in known.items() for name in names}
    assert named == {(s, n) for s, n, _ in watched | shown if s != NAMESPACE}


def test_every_metric_of_ours_stands_in_the_runbook() -> None:
    rows = re.findall(r"^\| (`.+) \| (stack[\w, ]*) \|", RUNBOOK, flags=re.MULTILINE)
    told = {name: labels for names, labels in rows for name in re.findall(r"`(\w+)`", names)}
    assert told == {name: ", ".join(labels) for name, labels in DIMENSIONS.items()}


def test_every_alarm_names_its_section_and_the_section_names_it(
    alarms: dict[str, Document],
) -> None:
    named: dict[str, set[str]] = defaultdict(set)
    for name, alarm in alarms.items():
        text, _, anchor = alarm["AlarmDescription"].partition(": docs/runbook.md#")
        assert text
        named[anchor].add(name)
    assert {
        anchor: set(re.findall(r"`(\w+Alarm)`", text.split(". ", 1)[0]))
        for anchor, text in sections().items()
    } == named


def test_every_alarm_tells_the_topic(alarms: dict[str, Document]) -> None:
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]


def test_silence_is_an_alarm_exactly_where_something_is_told_all_the_time(
    alarms: dict[str, Document],
) -> None:
    """What counts faults is silent when all is well; a schedule that is silent is dead."""
    for name, alarm in alarms.items():
        told = {metric for _, metric, _ in of_alarm(alarm)} & STEPS
        assert alarm["TreatMissingData"] == ("breaching" if told else "notBreaching"), name
        if told:
            assert alarm["Period"] * alarm["EvaluationPeriods"] == 7200
            assert alarm["OKActions"] == alarm["AlarmActions"]
    assert {m for a in alarms.values() for _, m, _ in of_alarm(a)} >= STEPS


@pytest.mark.parametrize(
    ("metric", "label", "functions"),
    [
        ("Errors", "FunctionName", FUNCTIONS),
        ("Throttles", "FunctionName", FUNCTIONS),
        ("Duration", "FunctionName", FUNCTIONS - {"CompactFunction", "EraseFunction"}),
        ("failed", "function", SERVING),
    ],
)
def test_every_function_is_watched(
    alarms: dict[str, Document], metric: str, label: str, functions: set[str]
) -> None:
    watched = [
        one["Dimensions"][-1]
        for alarm in alarms.values()
        for one in [
            o["MetricStat"]["Metric"] for o in alarm.get("Metrics", ()) if "MetricStat" in o
        ]
        or [alarm]
        if one["MetricName"] == metric
    ]
    assert {one["Name"] for one in watched} == {label}
    assert sorted(one["Value"]["Ref"] for one in watched) == sorted(functions)


@pytest.mark.parametrize("stream", ["EventStream", "RefusedStream"])
def test_the_freshness_of_both_streams_is_watched(alarms: dict[str, Document], stream: str) -> None:
    watched = [a["Dimensions"] for a in alarms.values() if "Freshness" in a.get("MetricName", "")]
    assert [{"Name": "DeliveryStreamName", "Value": {"Ref": stream}}] in watched


def test_alarms_call_a_function_slow_before_it_ends(
    alarms: dict[str, Document], resources: Document
) -> None:
    default_ms = 10_000
    for alarm in alarms.values():
        if alarm.get("MetricName") == "Duration":
            function = resources[alarm["Dimensions"][0]["Value"]["Ref"]]["Properties"]
            limit_ms = function.get("Timeout", default_ms / 1000) * 1000
            assert limit_ms * 0.25 < alarm["Threshold"] < limit_ms


def test_an_alarm_over_several_metrics_uses_them_all(alarms: dict[str, Document]) -> None:
    for alarm in alarms.values():
        shown = [one for one in alarm.get("Metrics", ()) if "Expression" in one]
        hidden = [one["Id"] for one in alarm.get("Metrics", ()) if one.get("ReturnData") is False]
        for one in shown:
            used = set(re.findall(r"\b[a-z]+\b", one["Expression"]))
            assert used == set(hidden) or "METRICS()" in one["Expression"]
        assert len(hidden) <= 10  # CloudWatch's own limit for an alarm


def test_what_the_alarms_cost_is_told(alarms: dict[str, Document], resources: Document) -> None:
    """$0.10 a metric and month; a dashboard $3 beyond the first three of an account."""
    metrics = sum(len(list(of_alarm(alarm))) for alarm in alarms.values())
    assert metrics == idle.ALARM_METRICS
    assert len(of_type(resources, "AWS::CloudWatch::Dashboard")) == idle.DASHBOARDS
    assert f"{len(alarms)} alarms over {metrics} metrics" in DEPLOY
    assert f"| {idle.watching():.2f} |" in DEPLOY


def test_the_access_log_is_kept_as_long_as_the_others_and_holds_no_key(
    resources: Document,
) -> None:
    told = json.loads(resources["Api"]["Properties"]["AccessLogSettings"]["Format"])
    assert set(told) == {"request", "route", "status", "ms", "function_ms", "bytes", "error"}
    assert not {"$context.path", "$context.identity.sourceIp"} & set(told.values())
    assert resources["ApiLogs"]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}

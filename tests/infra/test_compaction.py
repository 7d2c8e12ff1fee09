"""Compaction and erasing as deployed: their schedules, their time, what they are told."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from openbunker.compaction import statements as compaction_athena
from openbunker.compaction.endpoint import LONGEST_SECONDS
from openbunker.core import layout
from openbunker.core.event import Event
from openbunker.query.scope import COLD
from openbunker.wiring.config import Settings
from tests.infra.test_template import GLUE_TYPES

EVENTS = Path(__file__).resolve().parents[2] / "events" / "schedule"
BOTH = {"CompactFunction": "CompactionSchedule", "EraseFunction": "ErasureSchedule"}
Document = dict[str, Any]


@pytest.fixture
def function(resources: Document) -> Document:
    found: Document = resources["CompactFunction"]["Properties"]
    return found


@pytest.mark.parametrize("name", BOTH)
def test_a_schedule_calls_it_and_nothing_calls_it_again(resources: Document, name: str) -> None:
    function = resources[name]["Properties"]
    (due,) = function["Events"].values()
    assert due == {"Type": "Schedule", "Properties": {"Schedule": {"Ref": BOTH[name]}}}
    assert function["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}
    assert function["Timeout"] == LONGEST_SECONDS < 15 * 60


@pytest.mark.parametrize("name", BOTH.values())
def test_no_rate_leaves_a_period_of_the_alarms_without_a_run(
    template: Document, resources: Document, name: str
) -> None:
    """A period without one is a breach: it would ring for ever where all is well."""
    pattern = template["Parameters"][name]["AllowedPattern"]
    units = {"minute": 60, "hour": 3600, "day": 86400}
    taken = {
        number * seconds
        for number in range(1, 200)
        for unit, seconds in units.items()
        for plural in ("", "s")
        if re.fullmatch(pattern, f"rate({number} {unit}{plural})")
    }
    periods = {
        one["Properties"]["Period"]
        for one in resources.values()
        if one["Type"] == "AWS::CloudWatch::Alarm"
        and one["Properties"]["TreatMissingData"] == "breaching"
    }
    assert min(taken) == 60
    assert max(taken) == min(periods) == 3600


def test_its_settings_are_what_the_code_takes_for_granted(
    function: Document, template: Document
) -> None:
    variables = function["Environment"]["Variables"]
    defaults = {name: template["Parameters"][name]["Default"] for name in ("HotDays", "DedupeDays")}
    assert variables["OPENBUNKER_HOT_DAYS"] == {"Ref": "HotDays"}
    assert variables["OPENBUNKER_DEDUPE_DAYS"] == {"Ref": "DedupeDays"}
    fields = Settings.__dataclass_fields__
    assert defaults["HotDays"] == fields["hot_days"].default
    assert defaults["DedupeDays"] == fields["dedupe_days"].default


def test_no_rule_of_the_bucket_removes_what_may_not_be_cold(resources: Document) -> None:
    """Age says nothing about that; compaction removes hot objects itself."""
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {layout.REFUSED, "errors/", "athena-results/"}


def test_no_cut_off_stops_compaction(resources: Document) -> None:
    group = resources["CompactionWorkGroup"]["Properties"]["WorkGroupConfiguration"]
    assert "BytesScannedCutoffPerQuery" not in group
    assert group["EnforceWorkGroupConfiguration"] is True
    result = group["ResultConfiguration"]
    assert result["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}


def test_the_cold_table_has_the_columns_of_an_event_and_the_day() -> None:
    text = compaction_athena.create_table("bucket")
    columns = text.partition(f"{COLD} (")[2].partition(") PARTITIONED")[0]
    told = dict(column.split(" ") for column in columns.split(", "))
    fields = Event.__dataclass_fields__.values()
    assert told == {f.name: GLUE_TYPES[f.type] for f in fields} | {"dt": "string"}  # type: ignore[index]
    assert f"LOCATION 's3://bucket/{layout.COLD}'" in text
    assert "PARTITIONED BY (dt, bucket(8, project_id))" in text


def test_a_statement_writes_to_no_more_partitions_than_athena_takes() -> None:
    assert compaction_athena.MAX_DAYS * compaction_athena.BUCKETS <= 100


@pytest.mark.parametrize("name", BOTH)
def test_the_event_of_the_schedule_is_one(name: str) -> None:
    """For `sam local invoke`."""
    file = EVENTS / f"{name.removesuffix('Function').lower()}-due.json"
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["detail-type"] == "Scheduled Event"
    assert f"{name}Due" in told["resources"][0]


def test_who_erases_counts_nothing(resources: Document) -> None:
    """Usage is settled by compaction alone: two would write over each other."""
    told = resources["EraseFunction"]["Properties"]["Environment"]["Variables"]
    assert set(told) == {"OPENBUNKER_ERASURES_TABLE", "OPENBUNKER_COMPACTION_WORKGROUP"}

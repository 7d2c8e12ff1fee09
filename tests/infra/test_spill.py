"""The spill queue and its replay as deployed: bounded, patient, watched, and read as written."""

import json
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import layout, records
from openbunker.sinks import spill_message

EVENT = Path(__file__).resolve().parents[2] / "events" / "queue" / "replay-spilled.json"
Document = dict[str, Any]
LAMBDA_PAYLOAD_BYTES = 6 * 1024 * 1024


@pytest.fixture
def queue(resources: Document) -> Document:
    found: Document = resources["SpillQueue"]["Properties"]
    return found


@pytest.fixture
def source(resources: Document) -> Document:
    found: Document = resources["ReplayFunction"]["Properties"]["Events"]["Spilled"]["Properties"]
    return found


def test_a_message_of_ours_fits(queue: Document) -> None:
    assert queue["MaximumMessageSize"] == spill_message.MAX_MESSAGE_BYTES


def test_a_batch_of_them_fits_into_an_invocation(source: Document) -> None:
    assert source["BatchSize"] * spill_message.MAX_MESSAGE_BYTES < LAMBDA_PAYLOAD_BYTES


def test_a_message_is_not_received_again_while_it_is_replayed(
    resources: Document, queue: Document
) -> None:
    """AWS asks for six times the function's timeout."""
    timeout = resources["ReplayFunction"]["Properties"]["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout


def test_messages_end_as_dead_letters_that_are_kept(resources: Document, queue: Document) -> None:
    assert 5 <= queue["RedrivePolicy"]["maxReceiveCount"] <= 100
    for name in ("SpillQueue", "SpillDeadLetterQueue"):
        assert resources[name]["Properties"]["MessageRetentionPeriod"] == 14 * 86_400
        assert resources[name]["Properties"]["SqsManagedSseEnabled"] is True
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"


def test_only_failed_messages_stay_and_few_are_replayed_at_once(source: Document) -> None:
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] == 2


def test_the_queues_are_watched(resources: Document) -> None:
    alarms = [one["Properties"] for one in resources.values() if one["Type"].endswith("::Alarm")]
    watched = {
        (alarm["MetricName"], alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0])
        for alarm in alarms
        if alarm.get("Namespace") == "AWS/SQS"
    }
    assert watched == {
        ("ApproximateAgeOfOldestMessage", "SpillQueue"),
        ("ApproximateNumberOfMessagesVisible", "SpillDeadLetterQueue"),
    }


def test_objects_are_spilled_where_the_rights_reach() -> None:
    assert layout.spill_key("0" * 32).startswith("spill/")


def test_the_event_of_the_queue_holds_a_spilled_record_and_another_message() -> None:
    """For `sam local invoke ReplayFunction`."""
    ours, other = json.loads(EVENT.read_text(encoding="utf-8"))["Records"]
    (record,) = spill_message.records(spill_message.content(ours["body"]))
    assert records.decode(record.data).event_name == "signup.spilled"
    assert {ours["eventSource"], other["eventSource"]} == {"aws:sqs"}

"""The walk of the replay function: messages of the spill queue back into the stream.

Off the hot path: Powertools' batch processor says which messages stay in the queue. A message is
done when the stream has all of its records; one that is not comes again, and with it records
that were stored already: readers remove such doubles by their ids, which are kept. One whose object
was replayed and removed before is done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from openbunker.aws.errors import AwsError
from openbunker.aws.objects import GONE, ObjectStore
from openbunker.core.errors import OpenbunkerError
from openbunker.core.verdict import Fate
from openbunker.sinks import spill_message
from openbunker.sinks.sink import Sink
from openbunker.web import guard


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayServices:
    """What the replay of spilled records needs: the stream's own sink, without a spill behind."""

    sink: Sink
    objects: ObjectStore
    log: Callable[[Mapping[str, Any]], None]


_BUG = "a bug of ours, see the line with `unexpected`"


class NotReplayed(OpenbunkerError):
    """The stream did not take all records of a message, which therefore stays in the queue."""


class _ReplayedBefore(OpenbunkerError):
    """The object of a message is gone: it is removed only once the stream has all of it."""


def serve_replay(
    event: Mapping[str, Any], context: Any, services: ReplayServices
) -> dict[str, Any]:
    """Replay the messages of one SQS event; return those that stay, as Lambda wants to be told."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    before: list[str] = []
    answer = process_partial_response(
        event=dict(event),
        record_handler=_replaying(services, before),
        processor=processor,
        context=context,
    )
    failed = len(answer["batchItemFailures"])
    replayed = len(event["Records"]) - failed - len(before)
    services.log({"replayed": replayed, "replayed_before": len(before), "kept": failed})
    return dict(answer)


def _replaying(services: ReplayServices, before: list[str]) -> Callable[[SQSRecord], None]:
    def replay(record: SQSRecord) -> None:  # Powertools calls it by this name
        said: list[str] = []
        told = guard.attempt(lambda: said.append(_outcome(record, services, before)), services.log)
        if why := said[0] if told else _BUG:
            services.log({"level": "WARNING", "message": record.message_id, "why": why})
            raise NotReplayed(why)

    return replay


def _outcome(record: SQSRecord, services: ReplayServices, before: list[str]) -> str:
    """Replay a message and return why it stays; empty when it is done."""
    try:
        _replay(record.body, services)
    except _ReplayedBefore:
        before.append(record.message_id)
    except (OpenbunkerError, AwsError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


def _replay(body: str, services: ReplayServices) -> None:
    """Have the stream take all of a message, then remove its object. Raises why it stays."""
    key = spill_message.object_key(body)
    spilled = _object(key, services.objects) if key else spill_message.content(body)
    deliveries = services.sink.publish(list(spill_message.records(spilled)))
    lost = next((one for one in deliveries if one.fate is not Fate.STORED), None)
    if lost:
        raise NotReplayed(lost.detail)
    if key:
        services.objects.delete(key)


def _object(key: str, objects: ObjectStore) -> bytes:
    try:
        return objects.get(key)
    except AwsError as error:
        if error.code == GONE:
            raise _ReplayedBefore(key) from error
        raise

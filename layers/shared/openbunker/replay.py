"""The walk of the replay function: messages of the spill queue back into the stream.

Off the hot path: Powertools' batch processor says which messages stay in the queue. A message is
done when the stream has all of its records; one that is not comes again, and with it records
that were stored already: readers remove such doubles by their ids, which are kept.
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

from openbunker.aws.objects import ObjectStore
from openbunker.core.errors import OpenbunkerError
from openbunker.core.verdict import Fate
from openbunker.sinks import spill_message
from openbunker.sinks.sink import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayServices:
    """What the replay of spilled records needs: the stream's own sink, without a spill behind."""

    sink: Sink
    objects: ObjectStore
    log: Callable[[Mapping[str, Any]], None]


class NotReplayed(OpenbunkerError):
    """The stream did not take all records of a message, which therefore stays in the queue."""


def serve_replay(
    event: Mapping[str, Any], context: Any, services: ReplayServices
) -> dict[str, Any]:
    """Replay the messages of one SQS event; return those that stay, as Lambda wants to be told."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(
        event=dict(event),
        record_handler=_replaying(services),
        processor=processor,
        context=context,
    )
    failed = len(answer["batchItemFailures"])
    services.log({"replayed": len(event["Records"]) - failed, "kept": failed})
    return dict(answer)


def _replaying(services: ReplayServices) -> Callable[[SQSRecord], None]:
    def replay(record: SQSRecord) -> None:  # Powertools calls it by this name
        key = spill_message.object_key(record.body)
        spilled = services.objects.get(key) if key else spill_message.content(record.body)
        deliveries = services.sink.publish(list(spill_message.records(spilled)))
        lost = next((one for one in deliveries if one.fate is not Fate.STORED), None)
        if lost:
            services.log({"level": "WARNING", "message": record.message_id, "why": lost.detail})
            raise NotReplayed(lost.detail)
        if key:
            services.objects.delete(key)

    return replay

"""Keeps what was refused of a known key, before the answer and as well as it can.

Imported only when something was refused, so accepted traffic pays nothing. Knows no vendor and no
store; the row is `refused`'s. Nothing here changes an answer: a bug is logged and counted.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from openbunker.core.books import Tally
from openbunker.core.errors import Refusal, RequestRefused
from openbunker.core.reasons import Reason
from openbunker.core.records import MAX_RECORD_BYTES
from openbunker.core.refused_rows import (
    MAX_MESSAGE_CHARACTERS,
    MAX_PAYLOAD_BYTES,
    Refused,
    Secrets,
    body_text,
    cut,
    encode,
    field_of,
    item_text,
)
from openbunker.core.verdict import Verdict
from openbunker.ingest.services import Services
from openbunker.keys.model import Key, KeyKind
from openbunker.keys.resolve import resolve
from openbunker.sinks.refused import RefusedSink
from openbunker.web.guard import attempt
from openbunker.web.http import MAX_BODY_BYTES, Request
from openbunker.web.log_lines import lost_line
from openbunker.wire.dialect import Dialect, Submission

# As many as the largest batch of a dialect holds; the body bounds their bytes.
MAX_KEPT = 2500
# A quota must lose nothing: what only it stands against is kept whole or not at all.
_MOST = {Reason.OVER_QUOTA: MAX_RECORD_BYTES}


class Keeper:
    """Keeps what one request had refused. None of its methods raises.

    The tally is told the id of a row that was kept and is all that the request had.

    What may be sent again as it is (a 503) is never kept.
    """

    def __init__(
        self,
        dialect: Dialect,
        request: Request,
        services: Services,
        sink: RefusedSink,
        tally: Tally,
    ) -> None:
        self._dialect = dialect
        self._request = request
        self._services = services
        self._sink = sink
        self._tally = tally
        self._at_ms = services.now_ms()

    def unread(self, refused: RequestRefused) -> None:
        """Keep a request that the dialect refuses before it looks at the key, if that is known.

        The key is looked up for keeping alone: the answer is the same for every key.
        """
        refusal = _refusal(refused)
        attempt(lambda: self._unread(refusal), self._services.log)

    def request(self, key_text: str, key: Key, refused: RequestRefused) -> None:
        """Keep a request of a known key that is refused as a whole."""
        refusal = _refusal(refused)
        attempt(lambda: self._whole(key_text, key, refusal), self._services.log)

    def items(self, submission: Submission, key: Key, verdicts: Sequence[Verdict]) -> bool:
        """Keep the refused items among the verdicts, in order and at most MAX_KEPT of them.

        Return whether all of them are kept, and whole where only a quota stood against them.
        """
        refusals = [(at, one.refusal) for at, one in enumerate(verdicts) if one.refusal]
        secrets = Secrets(submission.key or "", self._dialect.key_members)

        kept: list[int] = []

        def keep() -> None:
            rows = (
                self._row(key, refusal, item_text(submission.raw(at), secrets), secrets, at)
                for at, refusal in refusals
            )
            if len(verdicts) == 1:
                kept.append(self._alone(next(rows)))
            else:
                kept.append(self._publish(rows, len(refusals)))

        attempt(keep, self._services.log)
        return sum(kept) == len(refusals)

    def _unread(self, refusal: Refusal) -> None:
        text = self._dialect.key_of(self._request)
        if not text:
            return
        try:
            key = resolve(text, self._services.keys, self._at_ms, KeyKind.WRITE)
        except RequestRefused:
            return
        if key.speaks(self._dialect.name):
            self._whole(text, key, refusal)

    def _whole(self, key_text: str, key: Key, refusal: Refusal) -> None:
        if refusal.reason.facts.retryable:
            return
        secrets = Secrets(key_text, self._dialect.key_members)
        text = body_text(self._request.beginning(MAX_BODY_BYTES), secrets)
        self._alone(self._row(key, refusal, text, secrets))

    def _row(
        self, key: Key, refusal: Refusal, text: str, secrets: Secrets, item: int | None = None
    ) -> Refused:
        payload, size = cut(text, _MOST.get(refusal.reason, MAX_PAYLOAD_BYTES))
        return Refused(
            project_id=key.project_id,
            refused_id=self._services.new_id(self._at_ms),
            dialect=self._dialect.name,
            route=f"{self._request.method} {self._request.path}",
            key_id=key.key_id,
            reason=refusal.reason.value,
            message=secrets.masked(refusal.message)[:MAX_MESSAGE_CHARACTERS],
            received_ms=self._at_ms,
            payload=payload,
            payload_bytes=size,
            field=field_of(refusal.field),
            item=item,
        )

    def _alone(self, row: Refused) -> int:
        kept = self._publish([row], 1)
        if kept == 1:
            self._tally.refused_id = row.refused_id
        return kept

    def _publish(self, rows: Iterable[Refused], count: int) -> int:
        """Write the rows; what was not kept is logged and counted. Return how many were kept."""
        records = [encode(row) for row in islice(rows, MAX_KEPT)]
        kept = self._sink.keep([one for one in records if len(one.data) <= MAX_RECORD_BYTES])
        if kept < count:
            self._services.log(lost_line(self._dialect.name, count - kept, self._at_ms))
        return kept


def _refusal(refused: RequestRefused) -> Refusal:
    return Refusal(refused.reason, refused.message, refused.field)

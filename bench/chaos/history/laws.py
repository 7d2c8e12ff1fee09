"""The laws that a history of reads must follow, whatever was done to the server meanwhile. Pure.

An answer that two clients could not have got from one honest store, is a violation: it names its
law, the event, and the moment of the answer. What an event's life allows is in `lives`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.chaos.history.lives import Life, lives
from bench.chaos.history.model import Answer, History, Receipt, Seen, Status


class Law(StrEnum):
    """What an answer can do wrong."""

    ABSENT = "accepted before the answer's fresh_to, and not in it"
    UNSEEN = "seen before, and not in the answer"
    TWICE = "twice in one answer or walk"
    IDS = "one id for two events, or two ids for an event that was sent once"
    SKIPPED = "there before the walk began, and on none of its pages"
    GHOST = "seen although it cannot have been stored"
    ERASED = "seen after its erasure"
    RECEIPT = "the receipt does not agree with what questions or the sender were told"


@dataclass(frozen=True, slots=True)
class Violation:
    """One answer that cannot be right; `at` is its moment."""

    law: Law
    number: int
    at: int

    def __str__(self) -> str:
        return f"event {self.number} {self.law} (at {self.at})"


@dataclass(frozen=True, slots=True)
class _Look:
    """A whole answer, or a whole walk: an event of the range that is not in it was absent."""

    answer: Answer
    there: frozenset[int]
    law: Law


def check(
    history: History, *, sure_503: bool = True, true_clock: bool = True
) -> tuple[Violation, ...]:
    """Return what is wrong with a history, in the order of its answers.

    Without a `true_clock` the server's `fresh_to` is not of the clients' time, and proves nothing.
    """
    known = lives(history, sure_503=sure_503)
    answers, looks = _answers(history), _looks(history)
    receipts = history.receipts
    first = _first_sightings([*_sightings(answers), *_of_receipts(receipts)])
    judged = _Judge(known, first, true_clock=true_clock)
    found = [
        *judged.absences(looks),
        *judged.sightings([*_sightings(answers), *_of_receipts(receipts)]),
        *_twice(history),
        *_ids(known, [*_sightings(answers), *_of_receipts(receipts)]),
        *judged.receipts(receipts),
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.number, one.law)))


def may_be_erased(history: History) -> set[int]:
    """Return the events that an erasure may have taken away."""
    known = lives(history, sure_503=False)
    return {number for number, life in known.items() if life.may_end is not None}


@dataclass(frozen=True, slots=True)
class _Sighting:
    seen: Seen
    asked: int
    answered: int


class _Judge:
    """Holds answers against lives, and remembers which erasures proved to be done."""

    def __init__(
        self, known: Mapping[int, Life], first: Mapping[int, int], *, true_clock: bool
    ) -> None:
        self._known, self._first, self._true_clock = known, first, true_clock
        self._gone: dict[int, int] = {}

    def absences(self, looks: Iterable[_Look]) -> Iterator[Violation]:
        """Yield the events that a look must have had; note those that an erasure explains."""
        for look in looks:
            for number in look.answer.about:
                if number in look.there or not (law := self._owed(number, look)):
                    continue
                may_end = self._known[number].may_end
                if may_end is None or look.answer.answered < may_end:
                    yield Violation(law, number, look.answer.answered)
                else:
                    self._note_gone(number, look.answer.answered)

    def sightings(self, sightings: Iterable[_Sighting]) -> Iterator[Violation]:
        """Yield what nobody can have seen. After `absences`, which knows what is gone."""
        for one in sightings:
            number, life = one.seen.number, self._known.get(one.seen.number)
            if life is None or life.possible is None or one.answered < life.possible:
                yield Violation(Law.GHOST, number, one.answered)
            elif _is_before(life.ended, one.asked) or _is_before(self._gone.get(number), one.asked):
                yield Violation(Law.ERASED, number, one.answered)

    def receipts(self, receipts: Iterable[Receipt]) -> Iterator[Violation]:
        """Yield the receipts that say less than is known: of what was accepted, or seen."""
        for one in receipts:
            life = self._known[one.number]
            seen = _is_before(self._first.get(one.number), one.asked)
            owed = seen or _is_before(life.accepted, one.asked)
            erased = life.may_end is not None and life.may_end <= one.answered
            if one.status is Status.REFUSED:
                right = not owed
            elif one.status is Status.UNKNOWN:
                right = not owed or erased
            else:
                right = one.status is Status.VISIBLE or not seen or erased
            if not right:
                yield Violation(Law.RECEIPT, one.number, one.answered)

    def _owed(self, number: int, look: _Look) -> Law | None:
        """Return the law by which an event must be in a look, before erasures are thought of."""
        life, answer = self._known.get(number), look.answer
        if life is None:
            return None
        if _is_before(self._first.get(number), answer.asked):
            return Law.UNSEEN if look.law is Law.ABSENT else look.law
        accepted = life.accepted is not None and self._true_clock
        return look.law if accepted and life.accepted_ms < answer.fresh_to_ms else None

    def _note_gone(self, number: int, moment: int) -> None:
        self._gone[number] = min(self._gone.get(number, moment), moment)


def _answers(history: History) -> list[Answer]:
    return [*history.questions, *(page for walk in history.walks for page in walk.pages)]


def _looks(history: History) -> Iterator[_Look]:
    for answer in history.questions:
        yield _Look(answer, frozenset(row.number for row in answer.rows), Law.ABSENT)
    for walk in history.walks:
        if not walk.ended:
            continue
        first, last = walk.pages[0], walk.pages[-1]
        rows = tuple(row for page in walk.pages for row in page.rows)
        whole = Answer(walk.about, first.asked, last.answered, first.fresh_to_ms, rows)
        yield _Look(whole, frozenset(row.number for row in rows), Law.SKIPPED)


def _sightings(answers: Iterable[Answer]) -> Iterator[_Sighting]:
    for answer in answers:
        for row in answer.rows:
            yield _Sighting(row, answer.asked, answer.answered)


def _of_receipts(receipts: Iterable[Receipt]) -> Iterator[_Sighting]:
    """Yield what receipts say lies where questions read."""
    for one in receipts:
        if one.status is Status.VISIBLE:
            yield _Sighting(Seen(one.number, one.event_id), one.asked, one.answered)


def _first_sightings(sightings: Iterable[_Sighting]) -> dict[int, int]:
    first: dict[int, int] = {}
    for one in sightings:
        first[one.seen.number] = min(first.get(one.seen.number, one.answered), one.answered)
    return first


def _twice(history: History) -> Iterator[Violation]:
    """Yield events that one answer has twice; on the pages of a walk, the same row twice.

    Which of two copies counts may change while one walks: both were there at their time.
    """
    for answer in _answers(history):
        known: set[int] = set()
        for row in answer.rows:
            if row.number in known or row.rows != 1:
                yield Violation(Law.TWICE, row.number, answer.answered)
            known.add(row.number)
    for walk in history.walks:
        before: set[str] = set()
        for page in walk.pages:
            for row in page.rows:
                if row.event_id in before:
                    yield Violation(Law.TWICE, row.number, page.answered)
            before |= {row.event_id for row in page.rows}


def _ids(known: Mapping[int, Life], sightings: Iterable[_Sighting]) -> Iterator[Violation]:
    """Yield events that share an id, and those sent once that are not under the one id."""
    owner: dict[str, int] = {}
    given = {number: life.event_id for number, life in known.items() if life.event_id}
    for number, event_id in given.items():
        if owner.setdefault(event_id or "", number) != number:
            yield Violation(Law.IDS, number, known[number].accepted or 0)
    for one in sightings:
        number, event_id, _ = one.seen
        if owner.setdefault(event_id, number) != number:
            yield Violation(Law.IDS, number, one.answered)
        life = known.get(number)
        if life and len(life.tries) == 1 and given.setdefault(number, event_id) != event_id:
            yield Violation(Law.IDS, number, one.answered)


def _is_before(moment: int | None, other: int) -> bool:
    return moment is not None and moment < other

"""Erasing customers for real: rows of the cold table, then lines of hot and refused objects.

In batches, one after the other, and each in stages: how far a batch is stands in the state, so it
ends however many runs it takes; erasures that come meanwhile wait for the next batch. Iceberg keeps
the files of old snapshots for readers: what was taken out is gone once those have expired. How
objects are read and written is in `rewriting`, which lines go is told by `erasure.lines`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from openbunker.compaction import planning, rewriting, statements, upkeep
from openbunker.compaction.erasure_run import ErasureRun
from openbunker.compaction.planning import gone_of
from openbunker.compaction.store.erasing_state import Look
from openbunker.compaction.store.state import Batch
from openbunker.core import layout
from openbunker.core.errors import ErasureStoreUnavailable, OpenbunkerError
from openbunker.erasure import lines
from openbunker.erasure.model import Erasure

SNAPSHOT_AGE_MS = statements.SNAPSHOT_AGE_SECONDS * 1000
# The stages of a batch, in order, by the names under which the state keeps them; and of how many
# days a statement takes rows, or bytes, at once: it ends within a run however long the history is.
FIND, DELETE, OPTIMIZE = "find", "delete", "optimize"
SPANS: Mapping[str, int] = {DELETE: 31, OPTIMIZE: upkeep.SPAN_DAYS}
# What is damaged comes last: objects of the other two may be found to be so.
DAMAGED: Mapping[str, lines.Hunting] = {
    layout.DAMAGED + layout.HOT: lines.EVENTS,
    layout.DAMAGED + layout.REFUSED: lines.REFUSED,
    layout.ERRORS: lines.EITHER,
}
PLACES: Mapping[str, lines.Hunting] = {
    layout.HOT: lines.EVENTS,
    layout.REFUSED: lines.REFUSED,
    **DAMAGED,
}
ALL_DAYS = "~"  # behind every day
STAGES = (FIND, DELETE, OPTIMIZE, *PLACES)


class VersionsKept(OpenbunkerError):
    """The bucket keeps old versions of objects: what was taken out is still to be had there."""


def erase(run: ErasureRun) -> bool:
    """Mark the erasures whose old snapshots may go, then work on those that wait.

    Return that this is done, where it is done at all: looking is a part of it. Raises VersionsKept
    when nobody may be called erased, after all else was done.
    """
    store = run.services.erasures
    if store is None:
        return True
    # Until all minutes up to the request are cold, rows of it could follow.
    found = [one for one in store.to_erase() if one.requested_ms < run.compacted_to_ms]
    waiting = planning.oldest_first(found)
    kept = bool(_aged(run)) and run.services.bucket.keeps_versions()
    if not kept:
        _mark_aged(run, waiting)
    waiting = [one for one in waiting if one.erasure_id not in run.state.erasing]
    while waiting and rewriting.may_go_on(run) and _step(run, waiting):
        waiting = [one for one in waiting if one.erasure_id not in run.state.erasing]
    if kept:
        raise VersionsKept("the bucket keeps old versions: docs/runbook.md#erasure")
    return True


def told(run: ErasureRun) -> dict[str, Any]:
    """Return what the line of a run says of erasures; nothing where nobody can say."""
    store, batch = run.services.erasures, run.state.batch
    try:
        requested = [one.requested_ms for one in store.to_erase()] if store else []
    except ErasureStoreUnavailable:
        return {}
    now_ms = run.services.now_ms()
    oldest_ms = now_ms - min(requested, default=now_ms)
    found = {"erasures_waiting": len(requested), "oldest_erasure_seconds": oldest_ms // 1000}
    under_way = {"erasing": batch.stage} if batch else {}
    looked = {"erasing_objects": run.looked} if run.looked else {}
    return found | under_way | looked


def _mark_aged(run: ErasureRun, waiting: list[Erasure]) -> None:
    """Remove old snapshots and mark those whose rows only they held, out of `waiting` too.

    Where time ends the look at what was set aside meanwhile, the next run goes on with those whom
    it was begun for.
    """
    store, aged = run.services.erasures, _aged(run)
    if not aged or store is None:
        return
    look = run.state.look or _look_begun(run, aged)
    ready = [one for one in waiting if one.erasure_id in look.erasures]
    if ready and not _looked_through(run, look, ready):
        return
    for one in ready:
        store.mark_erased(one, run.services.now_ms())
        waiting.remove(one)
    left = {name: at for name, at in run.state.erasing.items() if name not in look.erasures}
    run.save(replace(run.state, erasing=left, look=None))


def _look_begun(run: ErasureRun, aged: set[str]) -> Look:
    """Remove their old snapshots; return where to look for what came behind the batch."""
    times_ms = [run.state.erasing[name] for name in aged]
    upkeep.vacuum(run, max(times_ms) + SNAPSHOT_AGE_MS)
    since_ms = min(times_ms) - planning.UPLOAD_MS
    return Look(erasures=tuple(sorted(aged)), since_ms=since_ms, place=next(iter(DAMAGED)))


def _looked_through(run: ErasureRun, look: Look, ready: Sequence[Erasure]) -> bool:
    """Look into what was set aside meanwhile, from where the look is; return whether all is."""
    places = list(DAMAGED)
    for place in places[places.index(look.place) :]:
        here = look if place == look.place else replace(look, place=place, after="")
        if not rewriting.rewrite_since(run, here, ready, DAMAGED[place]):
            return False
    return True


def _aged(run: ErasureRun) -> set[str]:
    """Return the erasures whose rows only snapshots hold that are old enough to go."""
    aged_ms = run.services.now_ms() - SNAPSHOT_AGE_MS
    return {name for name, at_ms in run.state.erasing.items() if at_ms < aged_ms}


def _step(run: ErasureRun, waiting: Sequence[Erasure]) -> bool:
    """Do a stage of the batch, or what time allows of it; return whether there may be more."""
    if run.state.batch is None and len(run.state.erasing) > planning.MAX_TAKEN_OUT:
        return False  # compaction leaves out the oldest: those come first who are nearly done
    batch = run.state.batch or _begun(run, waiting)
    erasures = [one for one in waiting if one.erasure_id in batch.erasures]
    if not erasures:  # somebody else marked them
        run.save(replace(run.state, batch=None))
        return True
    if batch.stage == FIND:
        _find(run, erasures)
    elif batch.stage in SPANS:
        if not _take_out(run, erasures):
            return False
    elif not rewriting.rewrite(run, batch.stage, erasures, PLACES[batch.stage]):
        return False
    _next_stage(run)
    return True


def _begun(run: ErasureRun, waiting: Sequence[Erasure]) -> Batch:
    """Return a new batch of the erasures that wait, kept in the state."""
    batch_id = run.services.new_id(run.services.now_ms())
    named = tuple(one.erasure_id for one in waiting[: planning.MAX_GONE])
    batch = Batch(batch_id=batch_id, erasures=named, stage=FIND)
    run.save(replace(run.state, batch=batch))
    return batch


def _next_stage(run: ErasureRun) -> None:
    """Keep that a stage is done; after the last one, since when the rows are in no newest file."""
    state, batch = run.state, run.state.batch
    if batch is None:
        return
    later = STAGES[STAGES.index(batch.stage) + 1 :]
    if later:
        following = replace(batch, stage=later[0], after="", tries=batch.tries + 1)
        run.save(replace(state, batch=following))
        return
    now_ms = run.services.now_ms()
    erasing = {**state.erasing, **dict.fromkeys(batch.erasures, now_ms)}
    run.save(replace(state, batch=None, erasing=erasing))


def _find(run: ErasureRun, erasures: list[Erasure]) -> None:
    """Keep in which days of the table the rows lie: compaction adds none later."""
    execution = run.finish(statements.days_of(gone_of(erasures)))
    days = sorted(str(day) for (day,) in run.services.executions.rows(execution).rows)
    if batch := run.state.batch:
        run.save(replace(run.state, batch=replace(batch, days=tuple(days))))


def _take_out(run: ErasureRun, erasures: list[Erasure]) -> bool:
    """Take rows out of the newest snapshot, or bytes, some days at once; return whether all are."""
    gone = gone_of(erasures)
    while (batch := run.state.batch) and (days := _next_days(batch)) is not None:
        if not rewriting.may_go_on(run):
            return False
        is_delete = batch.stage == DELETE
        text = statements.erase(gone, days) if is_delete else statements.optimize(days)
        upkeep.in_parts(run, text, lambda: _token(run), lambda: _tried(run))
        _tried(run, days[-1] if days else ALL_DAYS)
    return True


def _next_days(batch: Batch) -> tuple[str, ...] | None:
    """Return the days of the next statement, none for all of them; None when all are done."""
    if batch.days is None:  # an earlier release began: it did not look where the rows lie
        return None if batch.after else ()
    return tuple(day for day in batch.days if day > batch.after)[: SPANS[batch.stage]] or None


def _token(run: ErasureRun) -> str:
    return run.state.batch.token() if run.state.batch else ""


def _tried(run: ErasureRun, after: str | None = None) -> None:
    """Keep that a statement has ended: the next one, or the next try, is another execution."""
    if batch := run.state.batch:
        done = batch.after if after is None else after
        run.save(replace(run.state, batch=replace(batch, after=done, tries=batch.tries + 1)))

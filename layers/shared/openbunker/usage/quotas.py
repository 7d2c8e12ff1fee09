"""What a project used of its month, and whether its quota is used up. Knows no store, no engine."""

from openbunker.keys.projects import ProjectStates, month
from openbunker.usage.days import day_of
from openbunker.usage.model import Line, UsageStore, total


def settle(states: ProjectStates, store: UsageStore, project_id: str, now_ms: int) -> None:
    """Say of a project whether its quota of the month is used up, if that is not said yet."""
    state = states.project(project_id)
    used, _ = total(of_month(store, project_id, now_ms))
    over = state.monthly_events is not None and used >= state.monthly_events
    if over != state.over_quota(now_ms):
        states.change_project(project_id, {"over_month": month(now_ms) if over else None})


def of_month(store: UsageStore, project_id: str, now_ms: int) -> list[Line]:
    """Return the lines of a project in the month of a time, until its day."""
    return store.of_project(project_id, f"{month(now_ms)}-01", day_of(now_ms))

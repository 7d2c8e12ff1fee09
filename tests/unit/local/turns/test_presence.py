"""Who leaves ends what was begun for them, once, and nothing else."""

from openbunker_local.turns.presence import CURRENT, Presence


def test_ends_are_called_while_something_is_under_way() -> None:
    presence, told = Presence(), list[str]()
    with presence.ended_by(lambda: told.append("over already")):
        pass
    with (
        presence.ended_by(lambda: told.append("outer")),
        presence.ended_by(lambda: told.append("inner")),
    ):
        presence.leave()
    assert (told, presence.left) == (["outer", "inner"], True)


def test_who_has_left_before_ends_at_once() -> None:
    presence, told = Presence(), list[str]()
    presence.leave()
    with presence.ended_by(lambda: told.append("now")):
        assert told == ["now"]


def test_who_is_not_told_of_stays() -> None:
    assert not CURRENT.get().left

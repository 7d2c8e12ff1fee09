"""More damage of every kind of stored file than `make test` has time for."""

from pathlib import Path

import pytest

from tests.integration.test_flipped_bits import (
    DAMAGES,
    EACH,
    KINDS,
    clock,
    hold_damage,
    whole,
)

__all__ = ["clock", "whole"]  # fixtures
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_a_wrong_answer(
    tmp_path: Path,
    whole: tuple[Path, list[str]],
    kind: str,
    damage: str,
) -> None:
    hold_damage(tmp_path, whole, kind, damage, range(EACH))

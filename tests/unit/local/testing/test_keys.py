from pathlib import Path

import pytest

from openbunker.keys import shape
from openbunker_local import demo as demos
from openbunker_local.testing import keys


def test_the_keys_are_the_same_each_time_and_well_formed() -> None:
    one = keys.fixed("http://x")
    assert one == keys.fixed("http://x")
    assert all(shape.well_formed(text) for text in demos.keys_of(one))
    assert len(demos.keys_of(one)) == len(demos.keys_of(keys.fixed("http://y"))) == 8


def test_a_file_names_some_of_them(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text('client_id = "my-site"\nproject_id = "prj_shop"\n')
    found = keys.from_file("http://x", file)
    assert (found.client_id, found.project_id) == ("my-site", "prj_shop")
    assert found.write_key == keys.fixed("http://x").write_key


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('write_key = "obw_short"', "cut off"),
        ('clint_id = "x"', "there is no clint_id"),
        ("client_id = 3", "is a text"),
        ("client_id", "not TOML"),
        ('client_id = "x"\nproject_key = "x"', "the same"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(keys.KeysRefused, match=why):
        keys.from_file("http://x", file)

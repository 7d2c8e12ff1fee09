"""The list of commands: it says what the commands say, whole, and loads none of them."""

from collections.abc import Iterator
from typing import Any

import pytest

from openbunker_local.cli.app import COMMANDS, loaded
from tests.support.shell import cli

SHARED = {
    "--data": "data", "--stack": "stack", "--from": "from_", "--to": "to", "--json": "as_json",
    "--yes": "yes", "--project": "project", "--limit": "limit", "--cursor": "cursor",
}  # fmt: skip


def leaves() -> Iterator[tuple[str, Any]]:
    """Every command that does something: its words and what typer made of it."""
    for name in COMMANDS:
        found = loaded(name)
        if hasattr(found, "commands"):
            yield from ((f"{name} {one}", command) for one, command in found.commands.items())
        else:
            yield name, found


LEAVES = dict(leaves())


def first_sentence(text: str) -> str:
    return " ".join(text.split("\n\n", maxsplit=1)[0].split()).partition(".")[0]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_it_says_itself(name: str) -> None:
    listed = COMMANDS[name][2].removesuffix(".")
    said = first_sentence(loaded(name).help)
    assert said.startswith(listed[:20]), (said, listed)


def test_the_list_is_whole_at_80_columns() -> None:
    told = cli("--help").stdout
    for name, (_, _, text) in COMMANDS.items():
        assert f"  {name} " in told
        assert text in told
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_tells_its_options(name: str) -> None:
    done = cli(*name.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: openbunker {name}")


def test_an_option_of_one_name_has_one_help_and_one_default() -> None:
    for option in SHARED:
        found = {
            (one.help, str(one.default))
            for command in LEAVES.values()
            for one in command.params
            if option in one.opts
        }
        allowed = 2 if option == "--project" else 1  # one's own, or all of them
        assert 1 <= len(found) <= allowed, (option, found)


def test_to_is_exclusive_and_says_so() -> None:
    told = [name for name in LEAVES if "--to" in cli(*name.split(), "--help").stdout]
    assert {"reconcile", "export", "usage"} <= {*told}
    for name in told:
        if any("--to" in one.opts for one in LEAVES[name].params):
            assert "Until before this day or time" in cli(*name.split(), "--help").stdout


def test_a_wrong_word_is_told_with_the_right_one() -> None:
    done = cli("key")
    assert done.returncode == 2
    assert "No such command 'key'. Did you mean 'keys'?" in done.stderr


def test_the_version_is_told() -> None:
    assert cli("--version").stdout.startswith("openbunker ")


def test_the_commands_are_completed_from_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, found in (
        ("openbunker re", ["reconcile", "restore", "refused"]),
        ("openbunker keys en", ["enable"]),
    ):
        monkeypatch.setenv("_OPENBUNKER_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(len(words.split()) - 1))
        assert cli().stdout.split() == found


def test_a_group_without_a_word_is_wrong_usage() -> None:
    for name in ("", "keys", "refused", "projects", "accounts"):
        assert cli(*name.split()).returncode == 2

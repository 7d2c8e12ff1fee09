"""The demo's file, keys and curls."""

import json
import os
import shlex
import stat
from pathlib import Path

from openbunker.keys.model import KeyKind
from openbunker_local import demo
from openbunker_local.cli.terminal.curls import curls

FIELDS = {
    "base_url", "account_id", "account_master_key", "project_id", "project_master_key",
    "write_key", "query_key", "delete_key", "client_id", "project_key", "tracify_token",
    "customer_site_id", "site_origin",
}  # fmt: skip


def test_the_file_is_the_owners_alone_and_reads_back(tmp_path: Path) -> None:
    made = demo.create("http://127.0.0.1:3000", os.urandom)

    demo.save(made, tmp_path)

    file = tmp_path / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(json.loads(file.read_text())) == FIELDS
    assert demo.load(tmp_path) == made
    assert demo.load(tmp_path / "empty") is None


def test_every_key_has_its_kind() -> None:
    made = demo.create("http://h", os.urandom)

    kinds = {
        made.write_key: KeyKind.WRITE,
        made.client_id: KeyKind.WRITE,
        made.project_key: KeyKind.WRITE,
        made.tracify_token: KeyKind.WRITE,
        made.query_key: KeyKind.QUERY,
        made.delete_key: KeyKind.DELETE,
        made.project_master_key: KeyKind.MASTER,
        made.account_master_key: KeyKind.MASTER,
    }
    assert {text: key.kind for text, key in demo.keys_of(made).items()} == kinds


def test_keys_that_a_page_shows_are_bound_to_their_dialect_and_origin() -> None:
    made = demo.create("http://h", os.urandom)
    keys = demo.keys_of(made)

    for text, dialect in ((made.client_id, "databuddy"), (made.project_key, "nanosights")):
        key = keys[text]
        assert key.dialects == (dialect,)
        assert made.site_origin in key.allowed_origins


def test_two_demos_share_no_key() -> None:
    one, two = (demo.create("http://h", os.urandom) for _ in range(2))

    assert not set(vars_of(one)) & set(vars_of(two)) - {"http://h", one.site_origin}


def test_curls_are_whole_commands_with_json_bodies() -> None:
    made = demo.create("http://127.0.0.1:3000", os.urandom)

    for command in curls(made).values():
        words = shlex.split(command)
        assert words[0] == "curl"
        assert words[1].startswith(made.base_url)
        json.loads(words[words.index("-d") + 1])


def vars_of(made: demo.Demo) -> list[str]:
    return [getattr(made, name) for name in FIELDS]

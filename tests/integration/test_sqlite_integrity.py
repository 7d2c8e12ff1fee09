"""A SQLite file whose rows are not as they were written is not believed once it is opened."""

import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from openbunker.core.errors import ErasureStoreUnavailable, KeyStoreUnavailable
from openbunker.erasure.model import Erasure
from openbunker.keys.model import Key, KeyKind
from openbunker.manage.store import Address, Put, TenantsUnavailable
from openbunker.usage.model import Line, UsageUnavailable, Use
from openbunker_local import runtime
from openbunker_local.sqlite import audit, integrity
from openbunker_local.sqlite.erasures import SqliteErasureStore
from openbunker_local.sqlite.keys import SqliteKeyStore
from openbunker_local.sqlite.tenants import SqliteTenants
from openbunker_local.sqlite.usage import SqliteUsageStore

FOLDERS = Path(__file__).parents[1] / "support" / "folders"


def keys(file: Path) -> None:
    with closing(SqliteKeyStore(file)) as store:
        for number in range(40):
            key = Key(key_id=f"k{number}", kind=KeyKind.QUERY, account_id="a", project_id="p")
            store.add(f"{number:064x}", key)
        store.add(f"{1:064x}", replace(key, key_id="again"))
        store.change_project("p", {"monthly_events": 7})
        store.change_project("p", {"monthly_events": None})


def test_a_key_that_is_written_while_it_is_asked_for_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, asked, rows = tmp_path / "x.sqlite", "f" * 64, integrity.rows

    def written_meanwhile(*given: Any) -> Any:
        found = rows(*given)
        with closing(SqliteKeyStore(file)) as other:
            other.add(asked, Key(key_id="k", kind=KeyKind.QUERY, account_id="a", project_id="p"))
        return found

    with closing(SqliteKeyStore(file)) as store:
        monkeypatch.setattr(integrity, "rows", written_meanwhile)
        assert store.find(asked)


def erasures(file: Path) -> None:
    with closing(SqliteErasureStore(file)) as store:
        one = Erasure(
            erasure_id="1", project_id="p", customer_hash="c" * 64, requested_ms=1, key_id="k",
            customer_identifier="customer",
        )  # fmt: skip
        store.add(one)
        store.add(one)
        store.mark_hidden(one, 2)
        store.mark_erased(one, 3)


@pytest.mark.parametrize(
    ("text", "name"), [(b"%064x" % 39, 39), (b'"k7"', 7), (b"monthly_events", None)]
)
def test_a_changed_key_is_not_believed(tmp_path: Path, text: bytes, name: int | None) -> None:
    """Nor is it unknown, where its name has changed; all others are what they were."""
    file = tmp_path / "keys.sqlite"
    keys(file)
    with closing(SqliteKeyStore(file)) as store:
        store.change_project("p", {"monthly_events": 9})
    assert audit.problems(tmp_path) == {}
    change(file, text)
    with closing(SqliteKeyStore(file)) as store:
        for number in {7, 9, 39} - {name}:
            assert store.find(f"{number:064x}")
        assert store.find("0" * 64)
        assert store.find("f" * 64) is None
        with pytest.raises(KeyStoreUnavailable, match="damaged"):
            store.project("p") if name is None else store.find(f"{name:064x}")
        if name is None:
            with pytest.raises(KeyStoreUnavailable, match="damaged"):
                store.change_project("p", {"monthly_events": 8})
    assert "damaged" in audit.problems(tmp_path)["keys.sqlite"]


@pytest.mark.parametrize("text", [b"row-5", b'"n5"'])
def test_a_changed_row_of_a_tenant_is_not_believed(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "x.sqlite"
    with closing(SqliteTenants(file)) as store:
        items = [Put(Address("p", f"row-{n}"), {"name": f"n{n}", "version": 1}, None)
                 for n in range(9)]  # fmt: skip
        store.commit(items)
    change(file, text)
    with closing(SqliteTenants(file)) as store:
        assert store.get(Address("p", "row-4"))
        assert len(store.page("p", "", 4)) == len(store.page("p", "", 3, newest=True)) + 1 == 4
        for ask in (
            lambda: store.get(Address("p", "row-5")),
            lambda: store.page("p", "row-", 9),
            lambda: store.page("p", "", 5, newest=True),
        ):
            with pytest.raises(TenantsUnavailable, match="damaged"):
                ask()


def test_a_changed_erasure_is_seen_at_the_opening(tmp_path: Path) -> None:
    """Every question needs all of them."""
    file = tmp_path / "x.sqlite"
    erasures(file)
    SqliteErasureStore(file).close()  # all is well
    change(file, b"c" * 64)
    with pytest.raises(ErasureStoreUnavailable, match="damaged"):
        SqliteErasureStore(file)


def change(file: Path, text: bytes) -> None:
    """Flip a bit of a text in a file, where it stands first."""
    with closing(sqlite3.connect(file)) as kept:
        kept.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = file.read_bytes()
    assert text in content
    file.write_bytes(content.replace(text, bytes([text[0] ^ 1]) + text[1:], 1))


def test_counts_that_changed_are_not_told(tmp_path: Path) -> None:
    """Nor is a row that was there before there were sums left without one."""
    line = Line(project_id="p", day="2026-11-01", dialect="segment", events=7_777, bytes=1)
    use = Use(project_id="p", key_id="key", hour_ms=3_600_000)
    with closing(SqliteUsageStore(tmp_path)) as store:
        store.put([line], [use], 1)
        store.put([line, replace(line, day="2026-11-02")], [use], 2)
    with closing(sqlite3.connect(tmp_path / "usage.sqlite")) as kept:  # an earlier release's file
        kept.executescript("DROP TRIGGER lines_insert; DROP TRIGGER lines_update;")
        kept.executescript("DROP TRIGGER lines_delete; DELETE FROM sums WHERE of_table = 'lines'")
    with closing(SqliteUsageStore(tmp_path)) as store:
        assert store.of_project("p", "2026-11-01", "2026-11-01") == [line]
        assert store.last_used("p") == {"key": 3_600_000}
    with closing(sqlite3.connect(tmp_path / "usage.sqlite")) as kept:
        kept.create_function("row_sum", -1, lambda *_: 0)
        kept.executescript("DROP TRIGGER lines_update; DROP TRIGGER uses_update")
        kept.execute("UPDATE lines SET events = 7776 WHERE day = '2026-11-02'")
        kept.execute("UPDATE uses SET hour_ms = 7200000")
        kept.commit()
    with closing(SqliteUsageStore(tmp_path)) as store:
        assert store.of_project("p", "2026-11-01", "2026-11-01") == [line]
        for ask in (
            lambda: store.of_project("p", "2026-11-01", "2026-11-02"),
            lambda: store.of_all("2026-11-02", "2026-11-02"),
            lambda: store.last_used("p"),
        ):
            with pytest.raises(UsageUnavailable, match="damaged"):
                ask()


def test_files_of_the_first_format_get_versions_and_sums(tmp_path: Path) -> None:
    """A folder that an earlier release has written is served, and is guarded from then on."""
    with tarfile.open(FOLDERS / "format-1.tar.gz") as kept:
        kept.extractall(tmp_path, filter="data")
    for _ in range(2):
        with runtime.running(tmp_path, "http://127.0.0.1:1", lambda _: None) as parts:
            assert not parts.fresh
    for name in ("keys", "erasures", "usage"):
        with closing(sqlite3.connect(tmp_path / f"{name}.sqlite")) as file:
            assert file.execute("PRAGMA user_version").fetchone() == (1,)
    with closing(sqlite3.connect(tmp_path / "keys.sqlite")) as file:
        ((rows,),) = file.execute(
            "SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM tenants)"
        )
        assert file.execute("SELECT count(*) FROM sums").fetchone() == (rows,)


@pytest.mark.parametrize("name", ["keys.sqlite", "erasures.sqlite"])
@pytest.mark.parametrize("gone", [True, False])
def test_a_store_that_is_gone_is_not_made_anew(tmp_path: Path, name: str, gone: bool) -> None:
    """It would have forgotten who is erased, and every key."""
    with runtime.running(tmp_path, "http://127.0.0.1:1", lambda _: None):
        pass
    for path in tmp_path.glob(f"{name}*"):
        path.unlink()
    if not gone:
        (tmp_path / name).touch()
    with pytest.raises(OSError, match="gone or empty"):
        runtime.running(tmp_path, "http://127.0.0.1:1", lambda _: None).__enter__()


def test_an_audit_reads_every_file(tmp_path: Path) -> None:
    """Health tells of such a file what the scrubber found; who audits by hand sees it as well."""
    keys(tmp_path / "keys.sqlite")
    erasures(tmp_path / "erasures.sqlite")
    with closing(SqliteUsageStore(tmp_path)) as store:
        store.put([], [Use(project_id="p", key_id="key", hour_ms=0)], 1)
    assert audit.problems(tmp_path) == {}
    change(tmp_path / "erasures.sqlite", b"c" * 64)
    (tmp_path / "usage.sqlite").write_bytes(b"no database")
    assert {*audit.problems(tmp_path)} == {"erasures.sqlite", "usage.sqlite"}

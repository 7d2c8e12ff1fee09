"""The demo project of an empty data folder: its keys, its file and curls that work as pasted.

The file is the only place where the key texts stand; the store knows their hashes.
"""

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from openbunker.keys import shape
from openbunker.keys.model import Key, KeyKind

FILE = "demo.json"
SITE_ORIGIN = "https://shop.example"
ALLOWED_ORIGINS = (SITE_ORIGIN, "http://localhost", "http://127.0.0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What `DATA/demo.json` holds."""

    base_url: str
    account_id: str
    account_master_key: str
    project_id: str
    project_master_key: str
    write_key: str
    query_key: str
    delete_key: str
    client_id: str
    project_key: str
    tracify_token: str
    customer_site_id: str
    site_origin: str = SITE_ORIGIN


def create(base_url: str, random_bytes: shape.RandomBytes) -> Demo:
    """Return a demo project with fresh keys."""

    def secret(kind: KeyKind) -> str:
        return shape.secret(kind, random_bytes)

    return Demo(
        base_url=base_url,
        account_id="acc_" + random_bytes(8).hex(),
        account_master_key=secret(KeyKind.MASTER),
        project_id="prj_" + random_bytes(8).hex(),
        project_master_key=secret(KeyKind.MASTER),
        write_key=secret(KeyKind.WRITE),
        query_key=secret(KeyKind.QUERY),
        delete_key=secret(KeyKind.DELETE),
        client_id=shape.uuid_text(random_bytes),
        project_key=shape.public_project_key(random_bytes),
        tracify_token=secret(KeyKind.WRITE),
        customer_site_id=shape.uuid_text(random_bytes),
    )


def renewed(demo: Demo, random_bytes: shape.RandomBytes) -> Demo:
    """Return the demo with a new key for each whose text is not well-formed (any more)."""
    kinds = {
        "account_master_key": KeyKind.MASTER,
        "project_master_key": KeyKind.MASTER,
        "write_key": KeyKind.WRITE,
        "query_key": KeyKind.QUERY,
        "delete_key": KeyKind.DELETE,
        "tracify_token": KeyKind.WRITE,
    }
    changed = {
        name: shape.secret(kind, random_bytes)
        for name, kind in kinds.items()
        if not shape.well_formed(getattr(demo, name))
    }
    return replace(demo, **changed)


def keys_of(demo: Demo) -> dict[str, Key]:
    """Return the demo's keys by their texts."""

    def key(name: str, kind: KeyKind, dialect: str = "", *, project_id: str = "") -> Key:
        public = dialect in ("databuddy", "nanosights")
        return Key(
            key_id=f"key_{name}",
            kind=kind,
            account_id=demo.account_id,
            project_id=project_id,
            dialects=(dialect,) if dialect else (),
            allowed_origins=ALLOWED_ORIGINS if public else (),
            sites=(demo.customer_site_id,) if kind is KeyKind.WRITE else (),
        )

    project_id = demo.project_id
    return {
        demo.account_master_key: key("account_master", KeyKind.MASTER),
        demo.project_master_key: key("project_master", KeyKind.MASTER, project_id=project_id),
        demo.write_key: key("write", KeyKind.WRITE, project_id=project_id),
        demo.query_key: key("query", KeyKind.QUERY, project_id=project_id),
        demo.delete_key: key("delete", KeyKind.DELETE, project_id=project_id),
        demo.client_id: key("client", KeyKind.WRITE, "databuddy", project_id=project_id),
        demo.project_key: key("project", KeyKind.WRITE, "nanosights", project_id=project_id),
        demo.tracify_token: key("tracify", KeyKind.WRITE, "tracify", project_id=project_id),
    }


def save(demo: Demo, data: Path) -> None:
    """Write the file so that only its owner can read it, whole or not at all."""
    temporary = data / f"{FILE}.tmp"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(demo), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(data / FILE)


def load(data: Path) -> Demo | None:
    """Return the demo of a data folder, None when it has none. Raises OSError when damaged."""
    file = data / FILE
    if not file.exists():
        return None
    try:
        return Demo(**json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise OSError(f"{file} is damaged; mend it, or delete it for new demo keys") from error

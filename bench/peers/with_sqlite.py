"""A collector as anyone would write it: FastAPI, SQLite (FULL). Answers after the commit."""

import json
import os
import sqlite3
import uuid
from threading import Lock
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException

TABLE = """CREATE TABLE IF NOT EXISTS events (id text PRIMARY KEY, name text NOT NULL,
    received text NOT NULL DEFAULT CURRENT_TIMESTAMP, properties text NOT NULL)"""
INSERT = "INSERT INTO events (id, name, properties) VALUES (?, ?, ?)"

app = FastAPI()
Key = Annotated[str, Header(alias="x-eventbunker-write-key")]
database = sqlite3.connect(os.environ["DATABASE"], check_same_thread=False)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute(TABLE)
writing = Lock()


@app.post("/post")
def single(event: dict[str, Any], key: Key) -> dict[str, Any]:
    check(key)
    (ident,) = store([(event["event_name"], json.dumps(event))])
    return {"success": True, "id": ident}


@app.post("/batch")
def batch(events: list[dict[str, Any]], client_id: str) -> dict[str, Any]:
    check(client_id)
    ids = store([(event["name"], json.dumps(event["properties"])) for event in events])
    return {"success": True, "processed": len(ids)}


def store(rows: list[tuple[str, str]]) -> list[str]:
    ids = [str(uuid.uuid4()) for _ in rows]
    with writing, database:
        database.executemany(INSERT, [(ident, *row) for ident, row in zip(ids, rows, strict=True)])
    return ids


def check(key: str) -> None:
    if key != os.environ["KEY"]:
        raise HTTPException(401)

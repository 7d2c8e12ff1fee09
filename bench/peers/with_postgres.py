"""A collector as anyone would write it: FastAPI, asyncpg, PostgreSQL. Answers after the commit."""

import json
import os
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
from fastapi import FastAPI, Header, HTTPException

TABLE = """CREATE TABLE IF NOT EXISTS events (id uuid PRIMARY KEY, name text NOT NULL,
    received timestamptz NOT NULL DEFAULT now(), properties jsonb NOT NULL)"""
INSERT = "INSERT INTO events (id, name, properties) VALUES ($1, $2, $3)"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(host=os.environ["PGHOST"], user="postgres") as pool:
        await pool.execute(TABLE)
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)
Key = Annotated[str, Header(alias="x-eventbunker-write-key")]


@app.post("/post")
async def single(event: dict[str, Any], key: Key) -> dict[str, Any]:
    check(key)
    row = (uuid.uuid4(), event["event_name"], json.dumps(event))
    await app.state.pool.execute(INSERT, *row)
    return {"success": True, "id": row[0]}


@app.post("/batch")
async def batch(events: list[dict[str, Any]], client_id: str) -> dict[str, Any]:
    check(client_id)
    rows = [(uuid.uuid4(), event["name"], json.dumps(event["properties"])) for event in events]
    await app.state.pool.executemany(INSERT, rows)
    return {"success": True, "processed": len(rows)}


def check(key: str) -> None:
    if key != os.environ["KEY"]:
        raise HTTPException(401)

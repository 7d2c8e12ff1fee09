"""The manage function over a store in memory, with keys of every kind and a clock of the tests."""

import json
from dataclasses import replace
from typing import Any

from openbunker.keys.model import Key, KeyKind
from openbunker.manage.endpoint import serve_manage
from openbunker.manage.memory import MemoryTenants
from tests.support import tenants
from tests.support.tenants import ACCOUNT, PROJECT

ACCOUNT_KEY, PROJECT_KEY, WRITE_KEY = "account-master", "project-master", "writer"
KEYS = {
    ACCOUNT_KEY: Key(key_id="k1", kind=KeyKind.MASTER, account_id=ACCOUNT, project_id=""),
    PROJECT_KEY: Key(key_id="k2", kind=KeyKind.MASTER, account_id=ACCOUNT, project_id=PROJECT),
    WRITE_KEY: Key(key_id="k3", kind=KeyKind.WRITE, account_id=ACCOUNT, project_id=PROJECT),
}


class Desk:
    """The manage function over memory, with a clock that a test moves."""

    def __init__(self) -> None:
        self.now_ms = tenants.NOW_MS
        self.items = MemoryTenants()
        tenants.fill(self.items, KEYS)
        self.services = tenants.services(self.items, self.items, lambda: self.now_ms)
        self.office = replace(self.services.office, actor="test")

    def call(self, path: str, body: Any, key: str | None = ACCOUNT_KEY) -> tuple[int, Any]:
        text = body if isinstance(body, str) else json.dumps(body)
        event = {
            "rawPath": f"/v1/manage/{path}",
            "headers": {"x-eventbunker-apikey": key} if key else {},
            "requestContext": {"http": {"method": "POST"}},
            "body": text,
        }
        answer = serve_manage(event, None, self.services)
        reason = answer["headers"].get("x-openbunker-reason")
        assert bool(reason) == (answer["statusCode"] != 200)
        return answer["statusCode"], json.loads(answer["body"])

    def done(self, path: str, body: Any, key: str = ACCOUNT_KEY) -> Any:
        status, answer = self.call(path, body, key)
        assert status == 200, answer
        return answer

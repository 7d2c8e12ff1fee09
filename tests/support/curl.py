"""Commands of a document, split into words by a real shell and sent without needing curl."""

import re
import subprocess
from collections.abc import Mapping
from urllib.parse import urlsplit

from tests.support.server import Answer, RunningServer

# The shell sees a function in place of the program: quoting and variables are its own work.
_PRELUDE = 'curl() { for word in "$@"; do printf "%s\\0" "$word"; done; }\n'


def curls_of(page: str) -> list[str]:
    """Return the curls of a page, in its order."""
    return [block for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL) if "curl" in block]


def words_of(command: str, variables: Mapping[str, str]) -> list[str]:
    """Return the arguments that curl would get."""
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", _PRELUDE + command],
        env=dict(variables),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split("\0")[:-1]


def asked(
    command: str, variables: Mapping[str, str]
) -> tuple[str, str, dict[str, str], str | None]:
    """Return a curl's method, address, headers and body. Raises ValueError for other options."""
    headers: dict[str, str] = {}
    url = body = None
    words = iter(words_of(command, variables))
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(":")
            headers[name.strip().lower()] = value.strip()
        elif word == "-d":
            body = next(words)
        elif word.startswith("-"):
            raise ValueError(f"the documents' curls use no {word}")
        else:
            url = word
    assert url is not None
    return "POST" if body else "GET", url, headers, body


def send(server: RunningServer, command: str, variables: Mapping[str, str]) -> Answer:
    """Send what a curl command says to the server. Raises ValueError for an unknown option."""
    method, url, headers, body = asked(command, variables)
    assert url.startswith(server.url)
    parts = urlsplit(url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    return server.call(method, path, body, headers)


def answers_well(command: str, answer: Answer) -> bool:
    """Whether an answer to a curl of the README is the success that the README tells of."""
    return (
        answer.status == (202 if "/v1/delete/" in command else 200)
        and "x-openbunker-reason" not in answer.headers
        and answer.body.get("status", "success") in ("success", True, "hidden")
    )

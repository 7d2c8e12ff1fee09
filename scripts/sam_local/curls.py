"""The README's curls, sent to `sam local start-api`, and what is not as the README tells."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.sam_local.sam import ANSWER_SECONDS
from tests.support.curl import answers_well, asked, curls_of
from tests.support.server import Answer

README = Path(__file__).resolve().parents[2] / "README.md"


def problems(url: str, variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Send every curl of the README; yield its first line, and what is wrong or nothing."""
    for command in curls_of(README.read_text("utf-8")):
        answer = _sent(command, {**variables, "BASE_URL": url})
        well = answers_well(command, answer)
        yield command.partition("\n")[0], "" if well else f"{answer.status} {answer.body}"


def _sent(command: str, variables: Mapping[str, str]) -> Answer:
    method, url, headers, body = asked(command, variables)
    data = body.encode() if body else None
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as found:
            status, told, text = found.status, found.headers, found.read()
    except urllib.error.HTTPError as error:
        status, told, text = error.code, error.headers, error.read()
    return Answer(status, json.loads(text), {k.lower(): v for k, v in told.items()})

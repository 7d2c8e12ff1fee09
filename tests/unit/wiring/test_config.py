"""Settings come whole or not at all, with every problem in one message."""

import pytest

from openbunker.aws.credentials import Given, Lent
from openbunker.core.errors import InvalidSettings
from openbunker.wiring.config import Settings

COMPLETE = {
    "OPENBUNKER_STREAM": "events",
    "OPENBUNKER_KEYS_TABLE": "keys",
    "OPENBUNKER_GLUE_DATABASE": "db",
    "OPENBUNKER_ATHENA_WORKGROUP": "wg",
    "OPENBUNKER_SPILL_QUEUE": "https://queue",
    "OPENBUNKER_BUCKET": "bucket",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "secret",
}


def test_a_complete_environment_gives_settings() -> None:
    settings = Settings.from_env({**COMPLETE, "AWS_SESSION_TOKEN": "t", "PATH": "/bin"})

    who = settings.access.credentials.current(0)
    assert (settings.stream, settings.region, who.session_token) == ("events", "eu-west-1", "t")
    assert settings.access.named == {}


def test_every_problem_is_named_at_once() -> None:
    environ = {**COMPLETE, "OPENBUNKER_STREEM": "typo", "OPENBUNKER_STREAM": ""}
    del environ["AWS_REGION"]

    with pytest.raises(InvalidSettings) as raised:
        Settings.from_env(environ)

    assert str(raised.value) == (
        "OPENBUNKER_STREAM is missing; AWS_REGION is missing; OPENBUNKER_STREEM is not a setting"
    )


def test_a_secret_is_not_shown() -> None:
    """Settings may end in a log line or a traceback."""
    hidden = {"AWS_SESSION_TOKEN": "token-text", "OPENBUNKER_EDGE_SECRET": "edge-text"}
    shown = repr(Settings.from_env({**COMPLETE, **hidden}))

    assert "secret" not in shown.replace("secret_access_key", "")
    assert "token-text" not in shown and "edge-text" not in shown


def test_endpoints_of_the_environment_are_checked() -> None:
    """What is no address is named at once, not met by the first event."""
    environ = {**COMPLETE, "AWS_ENDPOINT_URL": "http://one:1", "AWS_ENDPOINT_URL_SQS": "two:2"}
    with pytest.raises(InvalidSettings, match=r"sqs: an endpoint is http\(s\)://host\[:port\]"):
        Settings.from_env(environ)


def test_lent_credentials_stand_in_for_those_of_the_environment() -> None:
    """A restored snapshot has none of its own; where both are, its own count, as in AWS's SDKs."""
    uri = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9001/credentials"}
    own = {name: COMPLETE[name] for name in COMPLETE if not name.startswith("AWS_ACCESS")}
    lent = {name: value for name, value in own.items() if name != "AWS_SECRET_ACCESS_KEY"}

    assert isinstance(Settings.from_env({**lent, **uri}).access.credentials, Lent)
    assert isinstance(Settings.from_env({**COMPLETE, **uri}).access.credentials, Given)
    with pytest.raises(InvalidSettings, match="AWS_ACCESS_KEY_ID is missing"):
        Settings.from_env(lent)

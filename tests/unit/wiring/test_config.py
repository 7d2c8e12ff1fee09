"""Settings come whole or not at all, with every problem in one message."""

import pytest

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

    assert (settings.stream, settings.region, settings.session_token) == (
        "events",
        "eu-west-1",
        "t",
    )
    assert settings.firehose_endpoint is None


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
    shown = repr(Settings.from_env({**COMPLETE, "AWS_SESSION_TOKEN": "token-text"}))

    assert "secret" not in shown.replace("secret_access_key", "")
    assert "token-text" not in shown

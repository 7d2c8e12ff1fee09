"""What ends a command from outside its rules: Ctrl-C, a refusal, a bug."""

import pytest
import typer

from openbunker.core.errors import QueryUnavailable, RequestRefused
from openbunker.core.reasons import Reason
from openbunker_local.cli.terminal import failures
from openbunker_local.cli.terminal.exits import Code
from openbunker_local.stream.disk import FolderInUse


def code_of(error: BaseException) -> int:
    with pytest.raises(typer.Exit) as ended, failures.told():
        raise error
    return ended.value.exit_code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (RequestRefused(Reason.NOT_FOUND, "there is no such key"), Code.REFUSED),
        (RequestRefused(Reason.KEY_STORE_UNAVAILABLE, "later"), Code.UNKNOWN),
        (QueryUnavailable("the lake"), Code.UNKNOWN),
        (FolderInUse("it is in use"), Code.UNKNOWN),
        (PermissionError("no"), Code.UNKNOWN),
        (KeyboardInterrupt(), Code.ENDED),
        (RuntimeError("Query interrupted"), Code.ENDED),
        (ModuleNotFoundError("no boto3", name="boto3"), Code.UNKNOWN),
    ],
    ids=repr,
)
def test_an_error_has_a_code_and_a_sentence(
    error: BaseException, code: Code, capsys: pytest.CaptureFixture[str]
) -> None:
    assert code_of(error) == code
    assert capsys.readouterr().err.strip()


@pytest.mark.parametrize(
    "error",
    [RuntimeError("ours"), ModuleNotFoundError("x", name="ours"), AssertionError()],
    ids=repr,
)
def test_a_bug_is_shown_as_one(error: Exception) -> None:
    with pytest.raises(type(error)), failures.told():
        raise error

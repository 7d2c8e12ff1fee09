"""`openbunker accounts|projects|keys|audit` on a data folder, and alike on a stack (moto's)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from openbunker.keys import shape
from openbunker_local.cli.app import app
from openbunker_local.cli.terminal import asking
from openbunker_local.sqlite.tenants import SqliteTenants
from tests.support import backends

STACK = "mine"
TABLE: dict[str, Any] = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {"BillingMode": "PAY_PER_REQUEST"},
}


def table(**keys: str) -> dict[str, Any]:
    """Return a table of CloudFormation: its keys by name, each HASH or RANGE."""
    schema = [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in keys]
    properties = {"KeySchema": schema, "AttributeDefinitions": attributes}
    return {**TABLE, "Properties": {**TABLE["Properties"], **properties}}


TEMPLATE = {
    "Resources": {"Keys": table(key_hash="HASH"), "Tenants": table(pk="HASH", sk="RANGE")},
    "Outputs": {
        "KeysTableName": {"Value": {"Ref": "Keys"}},
        "TenantsTableName": {"Value": {"Ref": "Tenants"}},
    },
}


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A shell with AWS credentials, and moto in AWS's place."""
    with backends.moto_server() as url:
        for name, value in backends.CREDENTIALS.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield url


@pytest.fixture(params=["data", "stack"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The options that lead to a data folder, or to a stack."""
    if request.param == "data":
        return ["--data", str(tmp_path)]
    request.getfixturevalue("shell")
    boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(TEMPLATE))
    return ["--stack", STACK]


def run(*words: str, answer: str = "") -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(words), input=answer, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def told(*words: str) -> Any:
    code, out, err = run(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_from_nothing_to_a_key(where: list[str]) -> None:
    """The first project brings its account; every key is printed once."""
    made = told("projects", "create", "shop", *where)
    assert re.fullmatch(shape.PATTERN, made["account_master_api_key"])
    assert re.fullmatch(shape.PATTERN, made["master_api_key"])
    assert "account_master_api_key" not in told("projects", "create", "other", *where)
    names = [one["name"] for one in told("projects", "list", *where)["projects"]]
    assert sorted(names) == ["other", "shop"]

    project = ["--project", made["project_id"]]
    key = told("keys", "create", "--name", "web", "--customer", "acme", *project, *where)
    assert shape.well_formed(key["api_key"])
    (listed,) = told("keys", "list", *project, *where)["keys"]
    assert listed["key_id"] == key["key_id"]
    assert "api_key" not in listed
    actions = [one["action"] for one in told("audit", *where)["entries"]]
    assert sorted(actions) == ["account.create", "key.create", "project.create", "project.create"]


def test_a_keys_life(where: list[str]) -> None:
    project = ["--project", told("projects", "create", "shop", *where)["project_id"]]
    key = told("keys", "create", "--origin", "a.example", "--lenient", *project, *where)
    named = (key["key_id"], *project, *where)
    assert told("keys", "update", *named, "--origin", "b.example")["allowed_origins"] == [
        "b.example"
    ]
    assert told("keys", "disable", *named, "--yes")["status"] == "DISABLED"
    assert told("keys", "enable", *named)["status"] == "ACTIVE"
    new = told("keys", "rotate", *named, "--overlap", "3600")
    assert (new["allowed_origins"], new["strict"]) == (["b.example"], False)
    assert run("keys", "delete", *named, "--yes")[0] == 0
    left = told("keys", "list", *project, *where)["keys"]
    assert [one["key_id"] for one in left] == [new["key_id"]]
    of_the_key = told("audit", "--key", key["key_id"], *where)["entries"]
    assert {one["actor"].split(":")[0] for one in of_the_key} == {"cli"}
    assert {one["action"] for one in of_the_key} == {
        f"key.{done}" for done in ("create", "update", "disable", "enable", "rotate", "delete")
    }


def test_what_destroys_asks_back(where: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer and a no change nothing; without a terminal there is nobody to ask."""
    made = told("projects", "create", "shop", *where)
    key = told("keys", "create", "--project", made["project_id"], *where)
    of_a_key = (key["key_id"], "--project", made["project_id"], *where)
    acts = [
        ("projects", "delete", made["project_id"], *where),
        ("projects", "reset", made["project_id"], *where),
        ("accounts", "reset", made["account_id"], *where),
        *(("keys", act, *of_a_key) for act in ("delete", "rotate", "disable")),
    ]
    for act in acts:
        code, _, err = run(*act)
        assert (code, "use --yes" in err) == (2, True)
    monkeypatch.setattr(asking, "there_is_a_terminal", lambda: True)
    for act in acts:
        for answer in ("", "n\n"):
            assert run(*act, answer=answer)[0] == 1
    nobodys = (*acts[-1][:2], "key_nobody", *acts[-1][3:])
    assert run(*nobodys)[2] == "key_id: the project has no such key\n"
    assert len(told("audit", *where)["entries"]) == 3
    assert run(*acts[0], answer="y\n")[0] == 0
    code, _, err = run("keys", "list", "--project", made["project_id"], *where)
    assert (code, err) == (1, "project_id: the project is deleted; restore it first\n")
    assert told("projects", "restore", made["project_id"], *where)["status"] == "ACTIVE"


def test_resets_print_a_new_master(where: list[str]) -> None:
    made = told("accounts", "create", "us", *where)
    project = told("projects", "create", "shop", *where)
    assert project["account_id"] == made["account_id"]
    for words in (("accounts", made["account_id"]), ("projects", project["project_id"])):
        new = told(words[0], "reset", words[1], "--yes", *where)
        assert shape.well_formed(new["master_api_key"])
    (account,) = told("accounts", "list", *where)["accounts"]
    assert (account["name"], account["projects"]) == ("us", 1)


def test_mistakes_say_what_to_do(where: list[str]) -> None:
    made = told("projects", "create", "shop", *where)
    project = ["--project", made["project_id"]]
    for expected, words, text in (
        (
            1,
            ("keys", "create", "--dialect", "morse", *project),
            "dialects[0]: allowed: eventbunker",
        ),
        (2, ("keys", "create", "--filter", "x", *project), "--filter is JSON"),
        (1, ("keys", "delete", "key_nobody", *project), "key_id: the project has no such key"),
        (2, ("keys", "list"), "Name the project with --project"),
        (1, ("keys", "list", "--project", "prj_nobody"), "project_id: there is no such project"),
        (1, ("projects", "create", "x", "--account", "acc_no"), "account_id: there is no such"),
        (1, ("projects", "create", ""), "name: "),
        (1, ("projects", "create", "x" * 201), "name: "),
        (1, ("projects", "update", project[1], "--name", ""), "name: "),
        (
            1,
            ("projects", "update", made["project_id"], "--description", "x" * 2001),
            "description: ",
        ),
        (1, ("accounts", "create", "x" * 201), "name: "),
    ):
        code, _, err = run(*words, *where)
        assert (code, text in err) == (expected, True), (words, err)


def test_tables_never_cut_an_id(where: list[str]) -> None:
    made = told("projects", "create", "a name of some length " * 5, *where)
    key = told("keys", "create", "--project", made["project_id"], *where)
    assert made["project_id"] in run("projects", "list", *where)[1]
    assert key["key_id"] in run("keys", "list", "--project", made["project_id"], *where)[1]
    assert key["key_id"] in run("audit", *where)[1]


def test_a_name_cannot_write_over_the_terminal(where: list[str]) -> None:
    made = told("projects", "create", "a\x1b[2Jb\x9b", *where)
    asked = run("projects", "delete", made["project_id"], *where)[2]
    told("projects", "update", made["project_id"], "--description", "\x1b[8m", *where)
    for shown in (asked, run("projects", "list", *where)[1], run("audit", *where)[1]):
        assert "\x1b" not in shown
        assert "\x9b" not in shown
        assert "x1b[2Jb" in shown or "u001b[2Jb" in shown


def test_an_unknown_stack_is_named(shell: str) -> None:
    code, _, err = run("projects", "list", "--stack", "nobodys")
    assert code == 3
    assert "the stack nobodys cannot be read" in err


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    code, _, err = run("projects", "list", "--data", str(tmp_path / "none"))
    assert (code, "There is no folder" in err) == (3, True)
    assert not (tmp_path / "none").exists()


def test_no_key_text_lies_in_the_folder(tmp_path: Path) -> None:
    made = told("projects", "create", "shop", "--data", str(tmp_path))
    key = told("keys", "create", "--project", made["project_id"], "--data", str(tmp_path))
    SqliteTenants(tmp_path / "keys.sqlite").close()
    texts = (made["master_api_key"], made["account_master_api_key"], key["api_key"])
    for file in tmp_path.iterdir():
        assert not [text for text in texts if text.encode() in file.read_bytes()]

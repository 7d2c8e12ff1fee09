"""Stores outlive stacks: an update keeps them, a delete leaves them, a new stack goes on with them.

How CloudFormation decides is modelled here: nothing is deployed.
"""

import copy
import re
from pathlib import Path
from typing import Any

import pytest

from openbunker.core import layout
from tests.infra.conftest import ROOT, read, settled, transformed
from tests.infra.test_template import of_type

Document = dict[str, Any]
HERE = Path(__file__).resolve().parent
STORES = ("Bucket", "KeysTable", "TenantsTable", "ErasuresTable", "UsageTable", "GlueDatabase")
ADOPTED = {f"Adopt{name}": f"old-{name.lower()}" for name in STORES}
# Properties whose change makes CloudFormation replace the store by an empty one.
# Source: "Update requires: Replacement" in the reference of each type.
REPLACING = {
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::DynamoDB::Table": ("TableName", "KeySchema"),
    "AWS::SQS::Queue": ("QueueName", "FifoQueue"),
    "AWS::Glue::Database": ("CatalogId", "DatabaseName"),
}


@pytest.fixture(scope="module")
def deployed() -> Document:
    """The stores of the stacks that exist."""
    return read(HERE / "deployed-2026-11.yaml")


def kept(deployed: Document, template: Document) -> dict[str, Any]:
    """The parameters of an update: those that exist keep their value, as `sam deploy` has it."""
    return {
        name: one["Default"]
        for name, one in deployed["Parameters"].items()
        if name in template["Parameters"]
    }


def named(database: Document, values: dict[str, Any]) -> Any:
    name = database["Properties"]["DatabaseInput"]["Name"]
    return values[name["Ref"]] if "Ref" in name else name


def test_an_update_replaces_and_removes_no_store(deployed: Document, template: Document) -> None:
    values = kept(deployed, template)
    before = deployed["Resources"]
    after = settled(template, values)["Resources"]
    assert len(before) == 8
    for name, store in before.items():
        assert after[name]["Type"] == store["Type"]
        for one in REPLACING[store["Type"]]:
            assert after[name]["Properties"].get(one) == store["Properties"].get(one), (name, one)
    # The one with a name of its own.
    databases = (before["GlueDatabase"], after["GlueDatabase"])
    assert [named(one, values) for one in databases] == ["openbunker"] * 2


def test_every_parameter_of_before_is_still_taken(deployed: Document, template: Document) -> None:
    for name, one in deployed["Parameters"].items():
        new = template["Parameters"][name]
        assert new["Type"] == one["Type"]
        assert re.fullmatch(new.get("AllowedPattern", ".*"), str(one["Default"]))
        assert set(one.get("AllowedValues", ())) <= set(new.get("AllowedValues", ()))


def test_two_stacks_with_default_parameters_share_no_name(template: Document) -> None:
    """A database is named after its stack; everything else that has a name is, too."""
    resources = settled(template, {})["Resources"]
    name = str(resources["GlueDatabase"]["Properties"]["DatabaseInput"]["Name"])
    assert "AWS::StackId" in name
    fixed = {
        "Name",
        "TableName",
        "BucketName",
        "QueueName",
        "FunctionName",
        "RoleName",
        "AlarmName",
    }
    fixed |= {"LogGroupName", "DeliveryStreamName", "DashboardName", "TopicName"}
    for one, resource in resources.items():
        for key in fixed & set(resource.get("Properties", {})):
            assert not isinstance(resource["Properties"][key], str), (one, key)


def test_the_name_of_a_database_is_one(template: Document) -> None:
    """Lower case, whatever the name of the stack: Glue folds others, and then no right fits."""
    name = settled(template, {})["Resources"]["GlueDatabase"]["Properties"]["DatabaseInput"]["Name"]
    stack = ["arn:aws:cloudformation:us-east-1:123456789012:stack", "My-Stack", "5F-is-no", ""][:2]
    stack_id = "/".join([*stack, "5fa3d6b0-1c2d-11f1-8d3c-0e1f2a3b4c5d"])
    joined = name["Fn::Join"]
    ((_, (index, split)),) = joined[1][1].items()
    (_, (second, inner)) = next(iter(split["Fn::Split"][1].items()))
    assert inner == {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}
    part = stack_id.split("/")[second].split(split["Fn::Split"][0])[index]
    made = joined[0].join([joined[1][0], part])
    assert made == "openbunker_5fa3d6b0"
    assert re.fullmatch(template["Parameters"]["GlueDatabaseName"]["AllowedPattern"], made)


def test_a_stack_that_adopts_makes_no_store_and_names_none_of_its_own(template: Document) -> None:
    adopting = transformed(template, ADOPTED)
    text = str(adopting)
    for name in (*STORES, "BucketPolicy"):
        assert name not in adopting
        assert f"'Ref': '{name}'" not in text
        assert f"'Fn::GetAtt': ['{name}'" not in text
        assert not re.search(rf"\$\{{{name}(\.\w+)?\}}", text)
    for name in ADOPTED:
        assert re.search(rf"'Ref': '{name}'|\$\{{{name}\}}", text), name


def test_an_adopted_store_stands_where_an_own_one_stood(template: Document) -> None:
    own, adopting = transformed(template, {}), transformed(template, ADOPTED)
    assert set(own) - set(adopting) == {*STORES, "BucketPolicy"}
    for name, resource in adopting.items():
        assert _renamed(resource) == _renamed(own[name]), name


def _renamed(part: Any) -> str:
    """Return a part of a template with stores by name, however they are referred to."""
    text = re.sub(r"\{'Fn::GetAtt': \['(\w+)', 'Arn'\]\}", r"<\1>", str(part))
    text = re.sub(r"\{'Fn::Sub': 'arn:[^']*:dynamodb:[^']*\$\{Adopt(\w+)\}'\}", r"<\1>", text)
    text = re.sub(r"arn:\$\{AWS::Partition\}:s3:::\$\{Adopt(\w+)\}", r"<\1>", text)
    text = re.sub(r"\$\{(Bucket)\.Arn\}", r"<\1>", text)
    text = text.replace("'Ref': 'Adopt", "'Ref': '").replace("${Adopt", "${")
    return re.sub(r"\{'Fn::Sub': '(<\w+>)'\}", r"\1", text)


def test_all_stores_are_adopted_or_none(template: Document) -> None:
    rule = template["Rules"]["AdoptAllOrNothing"]
    (assertion,) = rule["Assertions"]
    none, every = (one["Fn::And"] for one in assertion["Assert"]["Fn::Or"])
    assert [one["Fn::Equals"][0]["Ref"] for one in none] == list(ADOPTED)
    assert [one["Fn::Not"][0]["Fn::Equals"][0]["Ref"] for one in every] == list(ADOPTED)
    assert set(ADOPTED) == {name for name in template["Parameters"] if name.startswith("Adopt")}
    assert "docs/restore.md" in assertion["AssertDescription"]
    assert (ROOT / "docs" / "restore.md").is_file()


def test_no_version_of_an_object_outlives_an_erasure(resources: Document) -> None:
    """With versioning, what is rewritten and removed would stay readable."""
    assert "VersioningConfiguration" not in resources["Bucket"]["Properties"]


def test_nothing_removes_what_was_spilled(resources: Document) -> None:
    rules = resources["Bucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    for rule in rules:
        if set(rule) & {"ExpirationInDays", "Transitions", "NoncurrentVersionExpiration"}:
            assert rule["Prefix"]
            assert not layout.SPILL.startswith(rule["Prefix"])


def test_a_version_that_is_replaced_goes(template: Document) -> None:
    translated = transformed(template, {})
    for name in of_type(translated, "AWS::Lambda::Version"):
        assert translated[name].get("DeletionPolicy") != "Retain"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "CompactionSchedule",
            ["rate(1 hour)", "cron(5 * * * ? *)", "cron(0/15 * ? * * *)"],
            ["15 minutes", "rate(1 hours)", "cron(5 */2 * * ? *)", "cron(5 * * * MON *)"],
        ),
        (
            "ErasureSchedule",
            ["rate(15 minutes)", "cron(5 * * * ? *)"],
            ["", "rate(1 minutes)", "cron(0 8 * * ? *)"],
        ),
        ("CountryHeader", ["", "CloudFront-Viewer-Country"], ["a header", "x: y"]),
        ("AlarmEmail", ["", "a@example.com"], ["a", "a@b c@d"]),
        ("GlueDatabaseName", ["", "shop_1"], ["Shop", "a-b"]),
        ("AdoptBucket", ["", "a-bucket.1"], ["s3://a", "A"]),
        ("AdoptKeysTable", ["", "s-KeysTable-1"], ["a b", "ab"]),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_is_made(
    template: Document, name: str, good: list[str], bad: list[str]
) -> None:
    pattern = template["Parameters"][name]["AllowedPattern"]
    assert all(re.fullmatch(pattern, one) for one in good)
    assert not any(re.fullmatch(pattern, one) for one in bad)


def test_every_text_parameter_says_what_it_takes(template: Document) -> None:
    for name, one in copy.deepcopy(template["Parameters"]).items():
        if one["Type"] == "String":
            assert "AllowedValues" in one or "AllowedPattern" in one, name
        assert one["Description"]

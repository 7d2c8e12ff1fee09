"""What proves the rights, each part by itself: the evaluator, the calls, the gate, the list."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.e2e_aws.relay import Call, Reply
from tests.e2e_aws.rights import actions, removal, unproven
from tests.e2e_aws.rights.gate import Gate
from tests.e2e_aws.rights.policies import Right, Wanted, allowing, rights

BUCKET = "arn:aws:s3:::b"
LISTING = {"StringLike": {"s3:prefix": ["hot/*", "state/*"]}}
PROJECTS = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["project#*"]}}


def policy(action: Any, resource: Any, condition: Any = None) -> list[Right]:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return list(
        rights({"Statement": [statement | ({"Condition": condition} if condition else {})]})
    )


def call(target: str = "", told: Any = None, method: str = "POST", path: str = "/") -> Call:
    headers = {"authorization": "AWS4-HMAC-SHA256 Credential=Who/20261127/us-east-1/x/aws4_request"}
    headers |= {"x-amz-target": target} if target else {}
    return Call(method, path, headers, b"" if told is None else json.dumps(told).encode())


def needs(one: Call) -> list[str]:
    return [str(wanted) for wanted in actions.needed(one, lambda _: "group")]


def test_a_right_is_one_action_on_one_resource() -> None:
    found = policy(["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/a/*", f"{BUCKET}/b/*"])
    assert len(found) == len(set(found)) == 4


@pytest.mark.parametrize(
    ("held", "wanted", "allowed"),
    [
        (policy("s3:GetObject", f"{BUCKET}/hot/*"), ("s3:GetObject", f"{BUCKET}/hot/a/b"), True),
        (policy("s3:GetObject", f"{BUCKET}/hot/*"), ("s3:GetObject", f"{BUCKET}/cold/a"), False),
        (policy("s3:GetObject", f"{BUCKET}/hot/*"), ("s3:PutObject", f"{BUCKET}/hot/a"), False),
        (policy("s3:GetObject", BUCKET), ("s3:GetObject", f"{BUCKET}x"), False),
        ([], ("s3:GetObject", f"{BUCKET}/hot/a"), False),
    ],
)
def test_a_right_allows_what_its_patterns_say(
    held: list[Right], wanted: tuple[str, str], allowed: bool
) -> None:
    assert bool(allowing(held, Wanted(*wanted))) is allowed


@pytest.mark.parametrize(
    ("condition", "context", "allowed"),
    [
        (LISTING, {"s3:prefix": ["hot/dt="]}, True),
        (LISTING, {"s3:prefix": ["spill/"]}, False),
        (LISTING, {}, False),
        (PROJECTS, {"dynamodb:LeadingKeys": ["project#p"]}, True),
        (PROJECTS, {"dynamodb:LeadingKeys": ["project#p", "hash"]}, False),
        (PROJECTS, {}, True),
    ],
)
def test_conditions_hold_as_iam_says(
    condition: Mapping[str, Any], context: Mapping[str, Sequence[str]], allowed: bool
) -> None:
    held = policy("any:Thing", "arn", condition)
    assert bool(allowing(held, Wanted("any:Thing", "arn", context))) is allowed


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Deny", "Action": "a:B", "Resource": "*"},
        {"Effect": "Allow", "NotAction": "a:B", "Action": "a:B", "Resource": "*"},
        {"Effect": "Allow", "Action": "a:B", "Resource": "*", "Condition": {"Bool": {"k": "true"}}},
    ],
)
def test_what_is_not_understood_is_an_error(statement: Mapping[str, Any]) -> None:
    with pytest.raises(ValueError, match="not understood"):
        list(rights({"Statement": [statement]}))


def test_calls_tell_what_they_need() -> None:
    table = "arn:aws:dynamodb:us-east-1:000000000000:table"
    key = {"key_hash": {"S": "project#p"}}
    check = {"ConditionCheck": {"TableName": "u", "Key": key}}
    transaction = {"TransactItems": [{"Put": {"TableName": "t", "Item": {}}}, check]}
    queue = {"QueueUrl": "http://h/0/spill", "Entries": []}
    deleted = Call("POST", "/b?delete", {}, b"<Delete><Object><Key>hot/a</Key></Object></Delete>")
    assert needs(call("DynamoDB_20120810.TransactWriteItems", transaction)) == [
        f"dynamodb:PutItem on {table}/t",
        f"dynamodb:ConditionCheckItem on {table}/u",
    ]
    assert needs(call("AmazonSQS.SendMessageBatch", queue)) == [
        "sqs:SendMessage on arn:aws:sqs:us-east-1:000000000000:spill"
    ]
    assert needs(call("AmazonAthena.GetQueryResults", {"QueryExecutionId": "e"})) == [
        "athena:GetQueryResults on arn:aws:athena:us-east-1:000000000000:workgroup/group"
    ]
    assert needs(deleted) == ["s3:DeleteObject on arn:aws:s3:::b/hot/a"]
    assert needs(call(method="HEAD", path="/b/hot/a%3Db")) == [f"s3:GetObject on {BUCKET}/hot/a=b"]
    asked = call(method="GET", path="/b?versioning")
    assert needs(asked) == [f"s3:GetBucketVersioning on {BUCKET}"]
    (listed,) = actions.needed(call(method="GET", path="/b?list-type=2&prefix=hot%2F"), str)
    assert (listed.action, listed.context) == ("s3:ListBucket", {"s3:prefix": ["hot/"]})
    (got,) = actions.needed(call("DynamoDB_20120810.GetItem", {"TableName": "t", "Key": key}), str)
    assert got.context == {"dynamodb:LeadingKeys": ["project#p"]}


@pytest.mark.parametrize(
    "unknown", [call("Other_1.Thing", {}), call(method="PUT", path="/b/a?acl"), call(path="/b")]
)
def test_a_call_that_is_not_known_is_an_error_and_never_free(unknown: Call) -> None:
    with pytest.raises(ValueError, match="not known"):
        needs(unknown)


class Behind:
    """What stands behind the gate: it answers all, and has no object."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def __call__(self, one: Call) -> Reply:
        self.calls.append(one)
        return Reply(404 if one.method == "GET" else 200, [], b"")


PUT = call("Firehose_20150804.PutRecordBatch", {"DeliveryStreamName": "events", "Records": []})
STREAM = policy("firehose:PutRecordBatch", "*")


def test_the_gate_lets_through_what_is_held_and_says_no_as_the_service_does() -> None:
    behind = Behind()
    gate = Gate(behind, str, held={"Who": STREAM})

    assert gate(PUT).status == 200
    assert gate.used == set(STREAM)
    gate.held["Who"] = []
    got = gate(PUT)

    assert (got.status, json.loads(got.body)["__type"]) == (400, "AccessDeniedException")
    object_ = gate(call(method="PUT", path="/b/spill/a"))
    assert (object_.status, b"<Code>AccessDenied</Code>" in object_.body) == (403, True)
    assert [one.action for one in gate.denied] == ["firehose:PutRecordBatch", "s3:PutObject"]
    assert behind.calls == [PUT]


def test_a_caller_that_the_gate_does_not_know_is_not_its_matter() -> None:
    behind = Behind()
    assert Gate(behind, str)(PUT).status == 200


def test_a_service_can_be_down_for_a_while() -> None:
    gate = Gate(Behind(), str, held={"Who": STREAM})

    gate(Call("GET", "/_down?firehose:PutRecordBatch", {}, b""))
    assert json.loads(gate(PUT).body)["__type"] == "ResourceNotFoundException"
    gate(Call("GET", "/_down?", {}, b""))
    assert gate(PUT).status == 200


def test_who_may_not_list_is_not_told_that_an_object_is_missing() -> None:
    get = call(method="GET", path="/b/state/cut.json")
    held = policy("s3:GetObject", f"{BUCKET}/state/*")
    gate = Gate(Behind(), str, held={"Who": held})

    assert gate(get).status == 403
    gate.held["Who"] = held + policy("s3:ListBucket", BUCKET, LISTING)
    assert gate(get).status == 404


def test_reasons_are_for_actions_of_others_and_never_for_what_our_code_calls() -> None:
    ours = (
        *("firehose:PutRecordBatch", "dynamodb:GetItem", "sqs:SendMessage"),
        *("athena:StartQueryExecution", "s3:ListBucket"),
    )
    for action in ours:
        assert not unproven.reason("TrackFunction", Right(action, f"{BUCKET}/hot/*"))
    assert unproven.reason("TrackFunction", Right("logs:PutLogEvents", "arn"))
    assert not unproven.reason("TrackFunction", Right("s3:PutObject", f"{BUCKET}/spill/*"))


@pytest.mark.parametrize(
    ("right", "needed", "failed", "proven", "fault"),
    [
        ("sqs:SendMessage", True, "answers: 503; denied: sqs:SendMessage on q", 1, ""),
        ("sqs:SendMessage", True, "", 0, "was taken away: nothing failed"),
        ("sqs:SendMessage", True, "answers: 503; denied: nothing", 0, "denied: nothing"),
        ("sqs:SendMessage", False, "", 0, "is superfluous"),
        ("logs:PutLogEvents", False, "", 0, ""),
    ],
)
def test_a_right_is_proven_by_a_job_that_fails_for_want_of_it(
    right: str, needed: bool, failed: str, proven: int, fault: str
) -> None:
    found = removal.Found()

    removal.judge(
        "TrackFunction", Right(right, "q"), found, needed=needed, without=[], do=lambda _: failed
    )

    assert found.proven == proven
    assert bool(found.faults) is bool(fault)
    assert all(fault in one for one in found.faults)

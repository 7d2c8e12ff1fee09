"""A relay that lets a function's calls through as far as its role goes. Others' calls pass.

Who calls is read from the access key of the signature: `function` calls a function under a name.
What is denied is said as the service says it. Services can be down, by their actions.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.e2e_aws.relay import Answer, Call, Reply
from tests.e2e_aws.rights.actions import needed
from tests.e2e_aws.rights.policies import Right, Wanted, allowing

_CALLER = re.compile(r"Credential=([^/]+)/")
_DOWN = "/_down?"
_NAMESPACE = {"DynamoDB_20120810": "com.amazonaws.dynamodb.v20120810#"}
# How a service says that what is asked does not exist: no client tries that again.
_GONE = {
    "firehose:PutRecordBatch": "ResourceNotFoundException",
    "sqs:SendMessage": "QueueDoesNotExist",
}


@dataclass
class Gate:
    """Answers calls by `behind`, as far as `held` goes; `used` are the rights that were needed.

    `down` holds actions whose service says that it is gone; a call of `/_down?a,b` sets it. Whoever
    may not list is not told that an object is missing (S3 API reference, GetObject).
    """

    behind: Answer
    workgroup_of: Callable[[str], str]
    held: dict[str, Sequence[Right]] = field(default_factory=dict)
    used: set[Right] = field(default_factory=set)
    denied: list[Wanted] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    on_down: Callable[[set[str]], None] = lambda _: None

    def __call__(self, call: Call) -> Reply:
        """Return what is answered to a call."""
        if call.path.startswith(_DOWN):
            self.down = set(filter(None, call.path.removeprefix(_DOWN).split(",")))
            self.on_down(self.down)
            return Reply(200, [], b"")
        found = _CALLER.search(call.headers.get("authorization", ""))
        if not found or found[1] not in self.held:
            return self.behind(call)
        wanted = needed(call, self.workgroup_of)
        for one in wanted:
            if not self.may(found[1], one):
                return refusal(call, one)
            if one.action in self.down:
                return gone(call, one)
        got = self.behind(call)
        if got.status == 404 and wanted[0].action == "s3:GetObject":
            bucket, _, key = wanted[0].resource.partition("/")
            if not self.may(found[1], Wanted("s3:ListBucket", bucket, {"s3:prefix": [key]})):
                return refusal(call, wanted[0])
        return got

    def may(self, caller: str, wanted: Wanted) -> bool:
        """Return whether a caller may do something, and remember by which rights."""
        allow = allowing(self.held[caller], wanted)
        self.used.update(allow)
        if not allow:
            self.denied.append(wanted)
        return bool(allow)


def refusal(call: Call, wanted: Wanted) -> Reply:
    """Return how the service says that a right is missing."""
    if not call.target:
        return _of_s3(403, "AccessDenied")
    why = f"User is not authorized to perform: {wanted.action} on resource: {wanted.resource}"
    return _of_json(call, "AccessDeniedException", why)


def gone(call: Call, wanted: Wanted) -> Reply:
    """Return how the service says that what is asked is not there."""
    return _of_json(call, _GONE[wanted.action], "it is not there")


def _of_s3(status: int, code: str) -> Reply:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    return Reply(status, [("content-type", "application/xml")], body.encode())


def _of_json(call: Call, code: str, why: str) -> Reply:
    kind = _NAMESPACE.get(call.target.partition(".")[0], "") + code
    body = json.dumps({"__type": kind, "message": why}).encode()
    return Reply(400, [("content-type", "application/x-amz-json-1.0")], body)

"""The last steps: a stack is deleted, and what holds data stays; a new one goes on with it."""

from tests.e2e_aws.report import StepFailed, expect
from tests.e2e_aws.template import read
from tests.e2e_aws.world import World

# What the emulator's services are asked with for what a type's resources still are.
_LISTS = {
    "AWS::Lambda::Function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "AWS::KinesisFirehose::DeliveryStream": (
        *("firehose", "list_delivery_streams", "DeliveryStreamNames", ""),
    ),
    "AWS::ApiGatewayV2::Api": ("apigatewayv2", "get_apis", "Items", "ApiId"),
    "AWS::IAM::Role": ("iam", "list_roles", "Roles", "RoleName"),
    "AWS::S3::Bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "AWS::DynamoDB::Table": ("dynamodb", "list_tables", "TableNames", ""),
    "AWS::SQS::Queue": ("sqs", "list_queues", "QueueUrls", ""),
    "AWS::Glue::Database": ("glue", "get_databases", "DatabaseList", "Name"),
}


def retained(world: World) -> set[str]:
    """Return the logical names of what the template says to retain."""
    resources = read(world.template)["Resources"].items()
    return {name for name, one in resources if one.get("DeletionPolicy") == "RetainExceptOnCreate"}


def delete(world: World) -> str:
    """Delete the stack; all that it retains is there, and of the other kinds nothing."""
    kinds = world.stack.resources()
    world.stack.delete()
    stay = retained(world)
    wrong = [
        f"{name} {'is gone' if name in stay else 'is still there'}"
        for name, (kind, physical) in kinds.items()
        if kind in _LISTS and (_named(physical) in _there(world, kind)) != (name in stay)
    ]
    kind_of = {name: one["Type"] for name, one in read(world.template)["Resources"].items()}
    wrong += [
        f"{name}, which was adopted, is gone"
        for name, physical in world.adopted.items()
        if _named(physical) not in _there(world, kind_of[name])
    ]
    if wrong:
        raise StepFailed(", ".join(wrong))
    kept = {name for name in kinds if name in stay}
    names = ", ".join(sorted(kept | set(world.adopted)))
    return f"{len(kinds) - len(kept)} gone, stay: {names}"


def _there(world: World, kind: str) -> set[str]:
    service, operation, list_of, name = _LISTS[kind]
    told = getattr(world.stack.client(service), operation)().get(list_of, [])
    return {_named(one[name] if name else one) for one in told}


def _named(physical: str) -> str:
    """Return a physical id without the address of a queue, of which there are several."""
    return physical.rpartition("/")[2]


def adopted(world: World) -> dict[str, str]:
    """Return the parameters with which a new stack goes on with what the present one holds.

    By the names of the template: `AdoptBucket` is of the resource `Bucket`, and so on.
    """
    parameters = read(world.template)["Parameters"]
    found = {one: world.names[one.removeprefix("Adopt")] for one in parameters if "Adopt" in one}
    expect(len(found), 6, "parameters to adopt")
    return found

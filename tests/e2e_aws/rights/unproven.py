"""Rights that no job of ours needs here, each with its reason. A test holds that they are granted.

Patterns of actions and of resources, by function; `*` is any function.
"""

from fnmatch import fnmatchcase

from tests.e2e_aws.rights.policies import Right

LAMBDAS_OWN = "Lambda writes the log with it; the emulator keeps logs without"
POLLERS_OWN = "the queue's event source mapping polls with it; the emulator's asks nobody"
ATHENAS_OWN = "Athena needs it in the name of who asks (Athena user guide); the stand-in does not"
UPLOADS = "Athena needs it for results and files of many parts; the stand-in writes none"
VERSIONS = "only a bucket whose versioning was switched off again is asked for versions"

UNPROVEN: tuple[tuple[str, str, str, str], ...] = (
    ("*", "logs:*", "*", LAMBDAS_OWN),
    ("ReplayFunction", "sqs:*", "*", POLLERS_OWN),
    ("EraseFunction", "s3:ListBucketVersions", "*", VERSIONS),
    ("*", "glue:*", "*", ATHENAS_OWN),
    ("*", "s3:GetBucketLocation", "*", ATHENAS_OWN),
    ("*", "s3:*", "*/athena-results/*", ATHENAS_OWN),
    ("QueryFunction", "s3:GetObject", "*/hot/*", ATHENAS_OWN),
    ("QueryFunction", "s3:GetObject", "*/refused/*", ATHENAS_OWN),
    ("*", "s3:*", "*/cold/*", ATHENAS_OWN),
    ("*", "s3:AbortMultipartUpload", "*", UPLOADS),
    ("*", "s3:ListMultipartUploadParts", "*", UPLOADS),
)


def reason(function: str, right: Right) -> str:
    """Return why a right is not proven here, nothing for one that has to be."""
    return next(
        (
            why
            for of, action, resource, why in UNPROVEN
            if fnmatchcase(function, of)
            and fnmatchcase(right.action, action)
            and fnmatchcase(right.resource, resource)
        ),
        "",
    )

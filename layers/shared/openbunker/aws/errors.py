"""How a call of AWS fails. The words only."""


class AwsError(Exception):
    """A call failed. `code` is the service's own, or one of ours.

    Ours are ConnectionFailed, InvalidAnswer and CredentialsUnavailable. `status` is HTTP's, 0
    without an answer.
    """

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


CONNECTION_FAILED = "ConnectionFailed"
# The service did nothing, for there was too much to do. Source: botocore's retry handler for
# DynamoDB, and the services' references, "Common errors".
THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)

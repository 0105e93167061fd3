"""The few ways in which a piece of work may end other than well."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

_TRANSIENT_CODES: Final = frozenset(
    {
        "ConditionalRequestConflict",
        "InternalError",
        "InternalServerError",
        "LimitExceededException",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyInvalidationsInProgress",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_SERVER_ERROR: Final = 500


class TryLaterError(Exception):
    """The work can't be done now, but may be in a while: the queue or the stream delivers it again."""


def is_transient(error: BaseException) -> bool:
    """Tell whether an error of AWS is one that time mends: a throttle, a 5xx, a conflict, a lost connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error_code(error) in _TRANSIENT_CODES or status >= _SERVER_ERROR
    return isinstance(error, (BotoCoreError, TryLaterError))


def error_code(error: ClientError) -> str:
    """Give the code by which an AWS service names its error, such as `PreconditionFailed`."""
    return str(error.response["Error"].get("Code", ""))


def described(error: BaseException) -> str:
    """Name an error for the log and for the operators' queues, in one short line."""
    return f"{type(error).__name__}: {error}"[:1000]

"""The few ways in which a piece of work may end other than well."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    ConnectionError,  # noqa: A004 (botocore's, which is not Python's)
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
)

if TYPE_CHECKING:
    from portal.strict_json import Fault

# Those that botocore's own retries take for passing (botocore.retries.standard), and those that only we can wait out.
_TRANSIENT_CODES: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "ConditionalRequestConflict",
        "EC2ThrottledException",
        "InternalError",
        "InternalServerError",
        "LimitExceededException",
        "OperationAborted",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyInvalidationsInProgress",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# No answer came, or not all of it; or the credentials' own source gave none. Whatever else botocore raises is a mistake
# in a request or in the configuration, which is the same at the next attempt.
_TRANSIENT_ERRORS: Final[tuple[type[BotoCoreError], ...]] = (
    ConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ChecksumError,
    FlexibleChecksumError,
    CredentialRetrievalError,
)


# No object of that key; the answer to a HEAD has no body to name the error in.
ABSENT: Final = frozenset({"404", "NoSuchKey"})


class TryLaterError(Exception):
    """The work can't be done now, but may be in a while: the queue or the stream delivers it again."""


class OvertakenError(Exception):
    """What was read has been changed by somebody else since: read it again."""


class RefusedError(Exception):
    """A request that can't be fulfilled; `faults` say why, as those of a verdict do."""

    def __init__(self, *faults: "Fault") -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults


class UnknownArticleError(Exception):
    """There's no article of that id, or nothing of it under that number."""


def is_transient(error: BaseException) -> bool:
    """Tell whether an error of AWS is one that time mends: a throttle, a 5xx, a conflict, a lost connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        is_passing = status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return is_passing or error_code(error) in _TRANSIENT_CODES
    return isinstance(error, (*_TRANSIENT_ERRORS, TryLaterError))


def error_code(error: ClientError) -> str:
    """Give the code by which an AWS service names its error, such as `PreconditionFailed`."""
    return str(error.response["Error"].get("Code", ""))


def grouped(what: str, failures: Sequence[Exception]) -> ExceptionGroup:
    """Make one error of many. Its message names them all: Lambda tells of a group nothing else."""
    return ExceptionGroup(f"{what}: {'; '.join(map(described, failures))}", failures)


def described(error: BaseException) -> str:
    """Name an error for the log and for the operators' queues, in one short line."""
    return f"{type(error).__name__}: {error}"[:1000]

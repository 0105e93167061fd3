"""List prices, and the bill of a piece of work. AWS's public prices of us-east-1, November 2026, in dollars."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bench.measure import CLIENT, EDITOR, Measured

MILLION: Final = 1_000_000

S3_PUT: Final = 5.00 / MILLION  # PUT and LIST
S3_GET: Final = 0.40 / MILLION  # GET and HEAD
WRITE_UNIT: Final = 0.625 / MILLION  # DynamoDB on demand
READ_UNIT: Final = 0.125 / MILLION
LAMBDA_GB_SECOND: Final = 0.0000133334  # arm64
LAMBDA_REQUEST: Final = 0.20 / MILLION
SQS_REQUEST: Final = 0.40 / MILLION
API_REQUEST: Final = 1.00 / MILLION  # HTTP API
LOG_GB: Final = 0.50  # CloudWatch Logs, ingested
INVALIDATION_ITEM: Final = 0.005  # after 1,000 a month, which are free

# A message is sent, received and deleted; so is each event of S3 on its way to intake.
REQUESTS_A_MESSAGE: Final = 3
VCPU_MEMORY: Final = 1769  # MB with which a function has one whole CPU (Lambda, "Configure memory")
# Lambda bills a function while it waits. Milliseconds of one call within a region, assumed: moto answers at once.
LATENCY_MS: Final[Mapping[str, float]] = {
    "PutObject": 30,
    "HeadObject": 15,
    "GetObject": 20,
    "ListObjectsV2": 30,
    "GetItem": 4,
    "BatchGetItem": 6,
    "Query": 6,
    "PutItem": 6,
    "UpdateItem": 6,
    "DeleteItem": 6,
    "TransactWriteItems": 20,
    "SendMessage": 10,
    "SendMessageBatch": 15,
    "ReceiveMessage": 10,
    "CreateInvalidation": 500,
}
# What Lambda itself writes to the log of each invocation, in bytes: START, END and REPORT.
_LAMBDA_LOG_BYTES: Final = 400
_S3_PUTS: Final = {"PutObject", "ListObjectsV2"}
_S3_GETS: Final = {"GetObject", "HeadObject"}


@dataclass(frozen=True)
class Line:
    """A line of a bill: how much of what, in dollars for each and in all."""

    what: str
    quantity: float
    price: float

    @property
    def dollars(self) -> float:
        """What it comes to."""
        return self.quantity * self.price


def bill(work: Measured, memory: Mapping[str, int]) -> list[Line]:
    """Give what a piece of work costs at list prices, before invalidation.

    Args:
        work: what was measured of it.
        memory: of each function, in MB.
    """
    return list(_lines(work, memory))


def invalidation(work: Measured) -> Line:
    """Give what the invalidations of a piece of work cost, each item beyond those that are free."""
    return Line("invalidation items", sum(call.purged for call in work.calls), INVALIDATION_ITEM)


def _lines(work: Measured, memory: Mapping[str, int]) -> Iterator[Line]:
    s3 = [call.operation for call in work.calls if call.service == "s3"]
    if unknown := {*s3} - _S3_PUTS - _S3_GETS:
        raise ValueError(f"no price of {', '.join(unknown)}")
    yield Line("S3 PUT and LIST", sum(operation in _S3_PUTS for operation in s3), S3_PUT)
    yield Line("S3 GET and HEAD", sum(operation in _S3_GETS for operation in s3), S3_GET)
    yield Line("DynamoDB write units", sum(call.write_units for call in work.calls), WRITE_UNIT)
    yield Line("DynamoDB read units", sum(call.read_units for call in work.calls), READ_UNIT)
    uploads = sum(call.function == EDITOR for call in work.calls)
    messages = uploads + sum(call.messages for call in work.calls)
    receives = sum(call.operation == "ReceiveMessage" for call in work.calls)
    yield Line("SQS requests", messages * REQUESTS_A_MESSAGE + receives, SQS_REQUEST)
    yield Line("HTTP API requests", work.invocations["desk"], API_REQUEST)
    yield Line("Lambda requests", work.invocations.total(), LAMBDA_REQUEST)
    yield Line(
        "Lambda GB-seconds", sum(gb_seconds(work, name, memory[name]) for name in work.invocations), LAMBDA_GB_SECOND
    )
    log = work.log_bytes + work.invocations.total() * _LAMBDA_LOG_BYTES
    yield Line("GB of logs", log / 10**9, LOG_GB)


def gb_seconds(work: Measured, function: str, memory: int) -> float:
    """Give the GB-seconds of a function: its CPU time and its client's, and the assumed time of waiting.

    A function with less memory than goes with one CPU gets as much less of it.
    """
    cpu = (work.played[function] + work.cpu_of(CLIENT, function)) / 10**9
    waiting = sum(LATENCY_MS[call.operation] for call in work.calls if call.function == function) / 1000
    return memory / 1024 * (cpu * max(1, VCPU_MEMORY / memory) + waiting)

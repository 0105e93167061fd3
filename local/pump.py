"""Event sources: carries messages, changes and the clock's beats to the functions, as Lambda's pollers do.

What is imitated follows the Lambda guide: "Using Lambda with Amazon SQS" (batches, batch windows, partial batch
responses, visibility, redrive by the queue), "Using Lambda with Amazon DynamoDB" (order in a shard, checkpoints,
filters, bisecting, retries, age, on-failure destinations) and "Invoking a Lambda function asynchronously" (retries
after one minute and two). What is not: several pollers at once; there is one, and it does one thing at a time.
"""

import base64
import json
import re
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from moto.dynamodbstreams.models import dynamodbstreams_backends
from moto.sqs.models import sqs_backends

from local.aws import Clients
from local.filters import matches, patterns
from local.lambdas import MAXIMUM_PAYLOAD, FunctionError, Lambdas
from local.template import ACCOUNT, REGION, Json, Resource, Template, TemplateError, queue_url

_MANY = 20_000  # calls in one drain: more than any test means, so something goes round in circles
_RECEIVED_AT_ONCE = 10  # messages, by one ReceiveMessage or DeleteMessageBatch
_READ_AT_ONCE = 1000  # stream records, by one GetRecords
_PAYLOAD = MAXIMUM_PAYLOAD - 1024  # bytes, for the records of one event
_PAUSES_OF_RETRIES = (60, 120)  # seconds before an asynchronous call's second and third attempt
_LONGEST_BACK_OFF = 5.0  # seconds between attempts of a stream's batch, when the pump runs by the clock

_EVERY_SOURCE = {"BatchSize", "Enabled", "EventSourceArn", "FunctionName", "FunctionResponseTypes", "Tags"}
_QUEUE_SOURCE = {*_EVERY_SOURCE, "MaximumBatchingWindowInSeconds", "ScalingConfig"}
_STREAM_SOURCE = {
    *_EVERY_SOURCE,
    "BisectBatchOnFunctionError",
    "DestinationConfig",
    "FilterCriteria",
    "MaximumBatchingWindowInSeconds",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "ParallelizationFactor",
    "StartingPosition",
}
_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}


class _Source(Protocol):
    """Something that wakes a function."""

    function: str  # logical id
    window: int  # seconds that it lets a batch grow

    def poll(self, *, at_once: bool) -> bool:
        """Hand over one batch, if there is one, and tell whether there was.

        `at_once` takes up what is waiting for its next attempt as if the wait were over.
        """

    def take(self) -> Json | None:
        """Give one batch as the function's event, as if it had been done; None if there's none."""

    def is_ready(self) -> bool:
        """Tell whether a batch is to be handed over by the clock: its window is over, or it is full."""


class Pump:
    """Carries events to the functions of a template; `drain` for tests, `run` for a portal that stays up."""

    def __init__(self, template: Template, clients: Clients, lambdas: Lambdas) -> None:
        """Find the event sources; the resources must have been made.

        Raises `TemplateError` for a kind of source or a property of one that is not imitated here.
        """
        self._lambdas = lambdas
        self._calls: Counter[str] = Counter()
        self._asynchronous = {
            each.logical_id: _Asynchronous(template, clients, self._invoke, each.logical_id)
            for each in template.resources("AWS::Lambda::Function")
        }
        mappings = template.resources("AWS::Lambda::EventSourceMapping")
        self._sources: list[_Source] = [
            *(self._mapped(template, clients, each) for each in mappings),
            *self._asynchronous.values(),
        ]
        self._schedules = [
            _Schedule(template, each, target)
            for each in template.resources("AWS::Events::Rule")
            for target in each.properties["Targets"]
        ]

    def drain(self, *, retry_at_once: bool = False) -> Counter[str]:
        """Work until every queue, stream and asynchronous call is idle; return the calls of each function.

        What is delayed, and what waits for its next attempt in a queue, stays where it is; with `retry_at_once`
        the latter is taken up as if the wait were over, until it succeeds or ends in a dead-letter queue.
        A stream's batch is retried here without a pause in any case. Nothing sleeps. Sources with a batch window
        come after all others have become idle, which gives them the large batches that the window is there for.
        Raises `RuntimeError` if there is no end to it.
        """
        before = self._calls.copy()
        direct = [each for each in self._sources if not each.window]
        windowed = [each for each in self._sources if each.window]
        while any(self._polled(group, at_once=retry_at_once) for group in (direct, windowed)):
            if (self._calls - before).total() > _MANY:
                raise RuntimeError(f"the event sources do not come to rest: {dict(self._calls - before)}")
        return self._calls - before

    def step(self, function: str, *, retry_at_once: bool = False) -> bool:
        """Hand the function (a logical id) one batch of each of its sources; tell whether there was one."""
        return self._polled([each for each in self._sources if each.function == function], at_once=retry_at_once)

    def take(self, function: str) -> Json | None:
        """Give the next batch of a function's source as its event, as if it had been done; None if there's none.

        A test that calls the function itself, twice or at the same time as another, begins with this.
        """
        with self._lambdas.lock:
            batches = (each.take() for each in self._sources if each.function == function)
            return next((batch for batch in batches if batch), None)

    def beat(self) -> None:
        """Let every schedule fire once; the calls it makes wait for `drain` or `run`."""
        for schedule in self._schedules:
            self._asynchronous[schedule.function].add(schedule.event())

    def call_later(self, function: str, event: Json) -> None:
        """Call a function asynchronously, as `Invoke` with the type `Event` does."""
        self._asynchronous[function].add(event)

    def run(self, stop: threading.Event, *, interval: float = 0.15) -> None:
        """Work until `stop` is set, looking at the sources every `interval` seconds, schedules by the clock."""
        due = {schedule: time.monotonic() + schedule.period for schedule in self._schedules}
        while not stop.wait(interval):
            for schedule, moment in due.items():
                if moment <= time.monotonic():
                    self._asynchronous[schedule.function].add(schedule.event())
                    due[schedule] = moment + schedule.period
            for source in self._sources:
                # The short wait lets a request have the lock between two batches.
                while self._work_by_the_clock(source) and not stop.wait(0.002):
                    pass

    def _work_by_the_clock(self, source: _Source) -> bool:
        with self._lambdas.lock:
            return source.is_ready() and source.poll(at_once=False)

    def _polled(self, sources: Iterable[_Source], *, at_once: bool) -> bool:
        with self._lambdas.lock:
            worked = False
            for source in sources:
                worked |= source.poll(at_once=at_once)
            return worked

    def _invoke(self, function: str, event: Json) -> Json:
        self._calls[function] += 1
        return self._lambdas.invoke(function, event)

    def _mapped(self, template: Template, clients: Clients, mapping: Resource) -> _Source:
        arn = template.resolve(mapping.properties["EventSourceArn"])
        match arn.split(":")[2]:
            case "sqs":
                return _Queue(template, clients, self._invoke, mapping)
            case "dynamodb":
                return _Stream(template, clients, self._invoke, mapping)
            case service:
                raise TemplateError(f"{mapping.logical_id}: no pump for events of {service}")


class _Invoke(Protocol):
    def __call__(self, function: str, event: Json) -> Json: ...


class _Queue:
    """A queue as an event source."""

    def __init__(self, template: Template, clients: Clients, invoke: _Invoke, mapping: Resource) -> None:
        properties = _checked(template, mapping, _QUEUE_SOURCE)
        self.function = template.logical_id(properties["FunctionName"])
        self.window = properties.get("MaximumBatchingWindowInSeconds", 0)
        self._arn = properties["EventSourceArn"]
        self._url = queue_url(self._arn)
        self._batch_size = properties.get("BatchSize", 10)
        self._reports_items = _reports_items(properties)
        self._sqs = clients.sqs
        self._invoke = invoke
        self._first_seen: float | None = None  # by time.monotonic(), of what the window holds back

    def is_ready(self) -> bool:
        if not self.window:
            return True
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessages"])[
            "Attributes"
        ]
        waiting = int(attributes["ApproximateNumberOfMessages"])
        if not waiting:
            self._first_seen = None
            return False
        now = time.monotonic()
        if self._first_seen is None:
            self._first_seen = now
        if waiting < self._batch_size and now < self._first_seen + self.window:
            return False
        self._first_seen = None
        return True

    def poll(self, *, at_once: bool) -> bool:
        if at_once:
            self._end_waits()
        records = self._received()
        for batch in _payloads(records):
            try:
                answer = self._invoke(self.function, {"Records": batch})
            except FunctionError:
                continue  # nothing is deleted: all of it is visible again when its visibility timeout ends
            identifiers = [record["messageId"] for record in batch]
            failed = _failed(answer, identifiers) if self._reports_items else []
            if failed is not None:
                self._delete([each for each in batch if each["messageId"] not in failed])
        return bool(records)

    def take(self) -> Json | None:
        records = self._received()
        self._delete(records)
        return {"Records": records} if records else None

    def _received(self) -> list[dict[str, Json]]:
        records: list[dict[str, Json]] = []
        while len(records) < self._batch_size:
            asked = min(_RECEIVED_AT_ONCE, self._batch_size - len(records))
            messages = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=asked,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=0,
            ).get("Messages", [])
            records += [self._record(message) for message in messages]
            if len(messages) < asked:
                break
        return records

    def _record(self, message: Mapping[str, Json]) -> dict[str, Json]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {
                name: _message_attribute(value) for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": REGION,
        }

    def _delete(self, records: list[dict[str, Json]]) -> None:
        for start in range(0, len(records), _RECEIVED_AT_ONCE):
            entries = records[start : start + _RECEIVED_AT_ONCE]
            self._sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": entry["receiptHandle"]} for number, entry in enumerate(entries)
                ],
            )

    def _end_waits(self) -> None:
        """Show every message in flight again, as if its visibility timeout had ended.

        ChangeMessageVisibility would want the handles of what others received, and in moto has no effect until
        the clock moves on, which a test may have stopped.
        """
        queue = sqs_backends[ACCOUNT][REGION].get_queue(self._arn.rpartition(":")[2])
        for message in queue._messages:  # noqa: SLF001 - what is in flight is nowhere else
            message.visible_at = 0.0


class _Stream:
    """A table's stream as an event source: one shard, read in order."""

    def __init__(self, template: Template, clients: Clients, invoke: _Invoke, mapping: Resource) -> None:
        properties = _checked(template, mapping, _STREAM_SOURCE)
        self.function = template.logical_id(properties["FunctionName"])
        self.window = properties.get("MaximumBatchingWindowInSeconds", 0)
        self._arn = properties["EventSourceArn"]
        self._batch_size = properties.get("BatchSize", 100)
        self._reports_items = _reports_items(properties)
        self._bisects = properties.get("BisectBatchOnFunctionError", False)
        self._retries = properties.get("MaximumRetryAttempts", -1)
        self._oldest = properties.get("MaximumRecordAgeInSeconds", -1)
        self._patterns = patterns(properties.get("FilterCriteria"))
        self._on_failure = _on_failure(properties)
        self._function_arn = template.attribute(self.function, "Arn")
        self._streams = clients.streams
        self._sqs = clients.sqs
        self._invoke = invoke
        description = self._streams.describe_stream(StreamArn=self._arn)["StreamDescription"]
        self._shard = description["Shards"][0]["ShardId"]
        self._position: str | None = None  # sequence number of the last record read
        self._read: deque[dict[str, Json]] = deque()  # records that match, in no batch yet
        self._batches: deque[list[dict[str, Json]]] = deque()  # the first is at work; behind it, split-off ones
        self._attempts = 0  # that the first batch has had
        self._not_before = 0.0  # by time.monotonic(), its next attempt when the pump runs by the clock
        self._first_seen: float | None = None  # by time.monotonic(), of what the window holds back
        self._images: dict[str, Json] = {}  # what each item last was, by its key

    def is_ready(self) -> bool:
        now = time.monotonic()
        if self._batches or not self.window:
            return now >= self._not_before
        self._pull()
        if not self._read:
            return False
        if self._first_seen is None:
            self._first_seen = now
        if len(self._read) < self._batch_size and now < self._first_seen + self.window:
            return False
        self._first_seen = None
        return True

    def poll(self, *, at_once: bool) -> bool:  # noqa: ARG002 - between attempts nothing waits here
        if not self._batches:
            self._pull()
            if not self._read:
                return False
            first = [self._read.popleft() for _ in range(min(self._batch_size, len(self._read)))]
            self._batches.extend(_payloads(first))
        self._discard_what_is_too_old()
        if self._batches[0]:
            self._deliver(self._batches[0])
        else:
            self._finish()
        return True

    def take(self) -> Json | None:
        self._pull()
        records = [self._read.popleft() for _ in range(min(self._batch_size, len(self._read)))]
        return {"Records": records} if records else None

    def _deliver(self, batch: list[dict[str, Json]]) -> None:
        identifiers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        try:
            answer = self._invoke(self.function, {"Records": batch})
        except FunctionError:
            self._failed_whole(batch)
            return
        failed = _failed(answer, identifiers) if self._reports_items else []
        if failed is None:
            self._failed_whole(batch)
        elif failed:
            self._failed_from(batch, min(identifiers.index(each) for each in failed))
        else:
            self._finish()

    def _failed_whole(self, batch: list[dict[str, Json]]) -> None:
        if self._bisects and len(batch) > 1:
            # "Splitting a batch does not count toward the retry quota."
            middle = len(batch) // 2
            self._finish()
            self._batches.extendleft([batch[middle:], batch[:middle]])
        else:
            self._failed_from(batch, 0)

    def _failed_from(self, batch: list[dict[str, Json]], lowest: int) -> None:
        """Go on from the lowest failed record: what comes before it is done, what follows is tried again too.

        A batch that got shorter has its retries before it anew. One that fails at its first record again and
        again has nothing to be split off, so they run out for all of it: the guide promises no better.
        """
        self._batches[0] = batch[lowest:]
        self._attempts = 1 if lowest else self._attempts + 1
        self._not_before = time.monotonic() + min(_LONGEST_BACK_OFF, 0.1 * 2**self._attempts)
        if 0 <= self._retries < self._attempts:
            self._discard(self._batches[0], "RetryAttemptsExhausted", self._attempts)
            self._finish()

    def _finish(self) -> None:
        self._batches.popleft()
        self._attempts = 0
        self._not_before = 0.0

    def _discard_what_is_too_old(self) -> None:
        if self._oldest < 0:
            return
        limit = time.time() - self._oldest
        batch = self._batches[0]
        fresh = [each for each in batch if each["dynamodb"]["ApproximateCreationDateTime"] >= limit]
        if len(fresh) < len(batch):
            self._discard(batch[: len(batch) - len(fresh)], "RecordAgeExceeded", self._attempts)
            self._batches[0] = fresh

    def _discard(self, batch: list[dict[str, Json]], condition: str, attempts: int) -> None:
        """Give up a batch: the on-failure destination is told where it was, not what was in it."""
        if self._on_failure is None:
            return
        first, last = batch[0]["dynamodb"], batch[-1]["dynamodb"]
        message = {
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": self._function_arn,
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": _iso(time.time()),
            "DDBStreamBatchInfo": {
                "shardId": self._shard,
                "startSequenceNumber": first["SequenceNumber"],
                "endSequenceNumber": last["SequenceNumber"],
                "approximateArrivalOfFirstRecord": _iso(first["ApproximateCreationDateTime"]),
                "approximateArrivalOfLastRecord": _iso(last["ApproximateCreationDateTime"]),
                "batchSize": len(batch),
                "streamArn": self._arn,
            },
        }
        self._sqs.send_message(QueueUrl=self._on_failure, MessageBody=json.dumps(message))

    def _pull(self) -> None:
        records: list[Mapping[str, Json]] = []
        while True:
            page = self._page()
            records += page
            if page:
                self._position = page[-1]["dynamodb"]["SequenceNumber"]
            if len(page) < _READ_AT_ONCE:
                break
        # moto keeps every iterator that it ever gave out.
        dynamodbstreams_backends[ACCOUNT][REGION].shard_iterators.clear()
        for number, record in enumerate(records):
            following = records[number + 1] if number + 1 < len(records) else None
            if not self._is_moto_only(record, following):
                event = _stream_event(record, self._arn)
                if matches(self._patterns, event):
                    self._read.append(event)

    def _page(self) -> list[Mapping[str, Json]]:
        # A new iterator each time: in moto one that is older than a cancelled transaction reads a dead copy.
        after = {} if self._position is None else {"SequenceNumber": self._position}
        iterator = self._streams.get_shard_iterator(
            StreamArn=self._arn,
            ShardId=self._shard,
            ShardIteratorType="AFTER_SEQUENCE_NUMBER" if after else "TRIM_HORIZON",
            **after,
        )["ShardIterator"]
        page: list[Mapping[str, Json]] = list(
            self._streams.get_records(ShardIterator=iterator, Limit=_READ_AT_ONCE)["Records"]
        )
        return page

    def _is_moto_only(self, record: Mapping[str, Json], following: Mapping[str, Json] | None) -> bool:
        """Tell whether AWS would not have this record.

        moto writes one for an item overwritten by its like, and two for an item that an update makes: the first
        as an insertion of the key alone.
        """
        change = record["dynamodb"]
        key = json.dumps(change["Keys"], sort_keys=True)
        if record["eventName"] == "REMOVE":
            self._images.pop(key, None)
            return False
        if "NewImage" not in change:
            return False
        if (
            following is not None
            and record["eventName"] == following["eventName"] == "INSERT"
            and following["dynamodb"]["Keys"] == change["Keys"]
        ):
            return True
        same: bool = record["eventName"] == "MODIFY" and self._images.get(key) == change["NewImage"]
        self._images[key] = change["NewImage"]
        return same


@dataclass
class _Call:
    """One asynchronous call and what became of it so far."""

    event: Json
    since: float  # time.time()
    not_before: float  # time.time()
    attempts: int = 0


class _Asynchronous:
    """The asynchronous calls of one function: retried twice, then told to the on-failure destination."""

    window = 0

    def __init__(self, template: Template, clients: Clients, invoke: _Invoke, function: str) -> None:
        self.function = function
        self._function_arn = template.attribute(function, "Arn")
        self._sqs = clients.sqs
        self._invoke = invoke
        self._retries = len(_PAUSES_OF_RETRIES)
        self._oldest = 6 * 3600  # seconds, Lambda's default
        self._on_failure: str | None = None
        for configuration in template.resources("AWS::Lambda::EventInvokeConfig"):
            properties = template.properties(configuration.logical_id)
            if template.logical_id(properties["FunctionName"]) == function:
                self._retries = properties.get("MaximumRetryAttempts", self._retries)
                self._oldest = properties.get("MaximumEventAgeInSeconds", self._oldest)
                self._on_failure = _on_failure(properties)
        self._calls: deque[_Call] = deque()

    def take(self) -> Json | None:
        return self._calls.popleft().event if self._calls else None

    def add(self, event: Json) -> None:
        now = time.time()
        self._calls.append(_Call(event, now, now))

    def is_ready(self) -> bool:
        return True

    def poll(self, *, at_once: bool) -> bool:
        now = time.time()
        call = next((each for each in self._calls if at_once or each.not_before <= now), None)
        if call is None:
            return False
        call.attempts += 1
        try:
            self._invoke(self.function, call.event)
        except FunctionError as error:
            if call.attempts > self._retries:
                self._give_up(call, error, "RetriesExhausted")
            elif call.since + self._oldest < now:
                self._give_up(call, error, "EventAgeExceeded")
            else:
                call.not_before = now + _PAUSES_OF_RETRIES[call.attempts - 1]
        else:
            self._calls.remove(call)
        return True

    def _give_up(self, call: _Call, error: FunctionError, condition: str) -> None:
        self._calls.remove(call)
        if self._on_failure is None:
            return
        message = {
            "version": "1.0",
            "timestamp": _iso(time.time()),
            "requestContext": {
                "requestId": str(uuid.uuid4()),
                "functionArn": f"{self._function_arn}:$LATEST",
                "condition": condition,
                "approximateInvokeCount": call.attempts,
            },
            "requestPayload": call.event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "responsePayload": error.payload,
        }
        self._sqs.send_message(QueueUrl=self._on_failure, MessageBody=json.dumps(message))


class _Schedule:
    """A rule of EventBridge that fires by the clock."""

    def __init__(self, template: Template, rule: Resource, target: dict[str, Json]) -> None:
        properties = template.properties(rule.logical_id)
        unknown = target.keys() - {"Arn", "Id", "Input"}
        if unknown:
            raise TemplateError(f"{rule.logical_id}: not imitated here: {', '.join(sorted(unknown))}")
        rate = _RATE.fullmatch(properties["ScheduleExpression"])
        if rate is None:
            raise TemplateError(f"{rule.logical_id}: only rate(…) is known here as a schedule")
        self.period = int(rate[1]) * _SECONDS[rate[2]]  # seconds
        self.function = template.logical_id(template.resolve(target["Arn"]))
        self._arn = template.attribute(rule.logical_id, "Arn")
        self._input: str | None = template.resolve(target.get("Input"))

    def event(self) -> Json:
        """Return what EventBridge sends when the rule fires now."""
        if self._input is not None:
            return json.loads(self._input)
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "region": REGION,
            "resources": [self._arn],
            "detail": {},
        }


def _checked(template: Template, mapping: Resource, known: set[str]) -> dict[str, Json]:
    unknown = mapping.properties.keys() - known
    if unknown:
        raise TemplateError(f"{mapping.logical_id}: not imitated here: {', '.join(sorted(unknown))}")
    properties = template.properties(mapping.logical_id)
    if not properties.get("Enabled", True):
        raise TemplateError(f"{mapping.logical_id} is switched off: not imitated here")
    return properties


def _reports_items(properties: dict[str, Json]) -> bool:
    return "ReportBatchItemFailures" in properties.get("FunctionResponseTypes", [])


def _on_failure(properties: dict[str, Json]) -> str | None:
    destination = properties.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    return None if destination is None else queue_url(destination)


def _failed(answer: Json, identifiers: list[str]) -> list[str] | None:
    """Return the identifiers that a partial batch response names as failed.

    None stands for an improper response, which fails the batch as a whole: one whose items lack their
    identifier, or name what was not in the batch.
    """
    if not answer:
        return []
    if not isinstance(answer, dict):
        return None
    failed = [each.get("itemIdentifier") for each in answer.get("batchItemFailures") or []]
    return failed if set(failed) <= set(identifiers) else None


def _payloads(records: list[dict[str, Json]]) -> Iterator[list[dict[str, Json]]]:
    """Divide records so that each part fits into the payload of one call."""
    part: list[dict[str, Json]] = []
    size = 0
    for record in records:
        length = len(json.dumps(record, ensure_ascii=False).encode()) + 2
        if part and size + length > _PAYLOAD:
            yield part
            part, size = [], 0
        part.append(record)
        size += length
    if part:
        yield part


def _message_attribute(value: Mapping[str, Json]) -> dict[str, Json]:
    attribute = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "BinaryValue" in value:
        return attribute | {"binaryValue": _base64(value["BinaryValue"])}
    return attribute | {"stringValue": value["StringValue"]}


def _stream_event(record: Mapping[str, Json], stream_arn: str) -> dict[str, Json]:
    change = record["dynamodb"]
    images = {name: _plain(change[name]) for name in ("Keys", "NewImage", "OldImage") if name in change}
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": change["ApproximateCreationDateTime"].timestamp(),
            **images,
            "SequenceNumber": change["SequenceNumber"],
            "SizeBytes": change["SizeBytes"],
            "StreamViewType": change["StreamViewType"],
        },
        "eventSourceARN": stream_arn,
    }


def _plain(value: Json) -> Json:
    """Return attribute values as the event's JSON has them: binary ones in base64."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return _base64(value) if isinstance(value, bytes) else value


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

"""The pump's promises, each held by functions of the test's own, wired by a template of the test's own."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine

from local import aws, resources
from local.aws import Clients
from local.lambdas import FunctionError, Lambdas
from local.pump import Pump
from local.template import Json, Template, TemplateError

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Handler: handler.handler, Runtime: python3.13, CodeUri: worker}
Resources:
  Inbox:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 60
      RedrivePolicy: {deadLetterTargetArn: !GetAtt InboxDeadLetters.Arn, maxReceiveCount: 3}
  InboxDeadLetters: {Type: AWS::SQS::Queue}
  Plain:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 60}
  Slow: {Type: AWS::SQS::Queue}
  Lost: {Type: AWS::SQS::Queue}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}, {AttributeName: sk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}, {AttributeName: sk, KeyType: RANGE}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Reader:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {SLOW: !Ref Slow}}
      Events:
        Inbox:
          Type: SQS
          Properties:
            {Queue: !GetAtt Inbox.Arn, BatchSize: 10, FunctionResponseTypes: [ReportBatchItemFailures]}
  PlainReader:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Plain: {Type: SQS, Properties: {Queue: !GetAtt Plain.Arn, BatchSize: 10}}
  SlowReader:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Slow:
          Type: SQS
          Properties: {Queue: !GetAtt Slow.Arn, BatchSize: 25, MaximumBatchingWindowInSeconds: 2}
  Follower:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Changes:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt Table.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 8
            BisectBatchOnFunctionError: true
            MaximumRetryAttempts: 2
            MaximumRecordAgeInSeconds: 3600
            FunctionResponseTypes: [ReportBatchItemFailures]
            DestinationConfig: {OnFailure: {Destination: !GetAtt Lost.Arn}}
            FilterCriteria:
              Filters:
                - Pattern: '{"dynamodb": {"Keys": {"pk": {"S": [{"prefix": "page#"}]}}}}'
                - Pattern: '{"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "r#"}]}}}}'
  Clock:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {ALWAYS: raise}}
      EventInvokeConfig:
        MaximumRetryAttempts: 2
        DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Lost.Arn}}
      Events:
        Beat: {Type: Schedule, Properties: {Schedule: "rate(1 minute)"}}
"""

# Prints what it got, and does what each record's text says.
WORKER = """
import json
import os

import boto3

class Poisoned(Exception):
    pass

class Crash(BaseException):
    pass

attempts = {}

def text(record):
    return record["body"] if "body" in record else record["dynamodb"].get("NewImage", {}).get("do", {}).get("S", "")

def name(record):
    return record["messageId"] if "messageId" in record else record["dynamodb"]["SequenceNumber"]

def handler(event, context):
    print(json.dumps(event))
    if os.environ.get("ALWAYS") == "raise":
        raise Poisoned("always")
    failed = []
    for record in event.get("Records", []):
        attempts[name(record)] = attempts.get(name(record), 0) + 1
        match text(record).split():
            case ["raise"]:
                raise Poisoned("told to")
            case ["raise", times] if attempts[name(record)] <= int(times):
                raise Poisoned("told to, for some time")
            case ["crash", times] if attempts[name(record)] <= int(times):
                raise Crash("gone")
            case ["tell"]:
                boto3.client("sqs").send_message(QueueUrl=os.environ["SLOW"], MessageBody="told")
            case ["fail"]:
                failed.append(name(record))
            case ["fail", times] if attempts[name(record)] <= int(times):
                failed.append(name(record))
            case ["answer", *words]:
                return json.loads(" ".join(words))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


@dataclass
class System:
    """The small system of this file."""

    template: Template
    clients: Clients
    lambdas: Lambdas
    pump: Pump

    def send(self, queue: str, *bodies: str, delay: int = 0) -> None:
        for body in bodies:
            self.clients.sqs.send_message(QueueUrl=self.template.ref(queue), MessageBody=body, DelaySeconds=delay)

    def put(self, pk: str, sk: str = "self", do: str = "") -> None:
        self.clients.dynamodb.put_item(
            TableName=self.template.ref("Table"), Item={"pk": {"S": pk}, "sk": {"S": sk}, "do": {"S": do}}
        )

    def events(self, function: str) -> list[dict[str, Json]]:
        return [each for each in self.lambdas.log.records(function) if "Records" in each or "source" in each]

    def batches(self, function: str) -> list[list[str]]:
        """What each call of a function got: the bodies, or the keys."""
        return [
            [each["body"] if "body" in each else each["dynamodb"]["Keys"]["pk"]["S"] for each in event["Records"]]
            for event in self.events(function)
        ]

    def bodies(self, queue: str) -> list[str]:
        messages = self.clients.sqs.receive_message(
            QueueUrl=self.template.ref(queue), MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return sorted(each["Body"] for each in messages.get("Messages", []))

    def count(self, queue: str, kind: str = "") -> int:
        name: Json = f"ApproximateNumberOfMessages{kind}"
        attributes = self.clients.sqs.get_queue_attributes(QueueUrl=self.template.ref(queue), AttributeNames=[name])
        return int(attributes["Attributes"][name])


def written(folder: Path, text: str = TEMPLATE) -> Template:
    (folder / "worker").mkdir()
    (folder / "worker" / "handler.py").write_text(WORKER)
    (folder / "template.yaml").write_text(text)
    return Template(path=folder / "template.yaml")


@contextmanager
def made(folder: Path, text: str = TEMPLATE) -> Iterator[System]:
    template = written(folder, text)
    with aws.simulated() as session:
        clients = aws.clients(session)
        resources.create(template, clients)
        lambdas = Lambdas(template, session)
        yield System(template, clients, lambdas, Pump(template, clients, lambdas))


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with made(tmp_path) as small:
        yield small


class TestQueues:
    def test_messages_come_in_batches_of_the_declared_size_and_are_deleted(self, system: System) -> None:
        system.send("Inbox", *map(str, range(23)))

        calls = system.pump.drain()

        assert calls == {"Reader": 3}
        assert [len(batch) for batch in system.batches("Reader")] == [10, 10, 3]
        assert system.count("Inbox") + system.count("Inbox", "NotVisible") == 0

    def test_an_event_is_what_lambda_makes_of_a_message(self, system: System) -> None:
        system.clients.sqs.send_message(
            QueueUrl=system.template.ref("Inbox"),
            MessageBody="xin chào",
            MessageAttributes={
                "who": {"DataType": "String", "StringValue": "An"},
                "seal": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
            },
        )

        system.pump.drain()

        [event] = system.events("Reader")
        [record] = event["Records"]
        assert record.keys() == {
            "messageId",
            "receiptHandle",
            "body",
            "attributes",
            "messageAttributes",
            "md5OfBody",
            "eventSource",
            "eventSourceARN",
            "awsRegion",
        }
        assert record["body"] == "xin chào"
        assert record["eventSource"] == "aws:sqs"
        assert record["eventSourceARN"] == system.template.attribute("Inbox", "Arn")
        assert record["attributes"]["ApproximateReceiveCount"] == "1"
        assert record["attributes"]["SentTimestamp"].isdigit()
        assert record["messageAttributes"]["who"]["stringValue"] == "An"
        assert record["messageAttributes"]["seal"]["binaryValue"] == "AP8="

    def test_only_the_messages_named_as_failed_come_again(self, system: System) -> None:
        with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
            system.send("Inbox", "a", "fail 1", "b")
            assert system.pump.drain() == {"Reader": 1}
            clock.shift(59)
            assert system.pump.drain() == {}
            clock.shift(2)
            assert system.pump.drain() == {"Reader": 1}

        assert system.batches("Reader") == [["a", "fail 1", "b"], ["fail 1"]]
        assert system.count("Inbox") + system.count("Inbox", "NotVisible") == 0

    def test_an_exception_fails_the_whole_batch(self, system: System) -> None:
        system.send("Inbox", "a", "raise 1", "b")

        system.pump.drain(retry_at_once=True)

        assert system.batches("Reader") == [["a", "raise 1", "b"], ["a", "raise 1", "b"]]
        assert system.count("Inbox") + system.count("Inbox", "NotVisible") == 0

    @pytest.mark.parametrize(
        "answer",
        [
            '{"batchItemFailures": [{"itemIdentifier": ""}]}',
            '{"batchItemFailures": [{"itemIdentifier": null}]}',
            '{"batchItemFailures": [{"messageId": "x"}]}',
            '{"batchItemFailures": [{"itemIdentifier": "not in the batch"}]}',
            '"done"',
        ],
    )
    def test_an_improper_answer_fails_the_whole_batch(self, system: System, answer: str) -> None:
        system.send("Inbox", "a", f"answer {answer}")

        system.pump.drain()

        assert system.count("Inbox", "NotVisible") == 2

    @pytest.mark.parametrize("answer", ["null", "{}", '{"batchItemFailures": null}', '{"batchItemFailures": []}'])
    def test_an_empty_answer_is_a_success(self, system: System, answer: str) -> None:
        system.send("Inbox", "a", f"answer {answer}")

        system.pump.drain()

        assert system.count("Inbox") + system.count("Inbox", "NotVisible") == 0

    def test_named_failures_mean_nothing_where_the_source_does_not_ask_for_them(self, system: System) -> None:
        system.send("Plain", "fail", "a")

        system.pump.drain()

        assert system.count("Plain") + system.count("Plain", "NotVisible") == 0

    def test_a_poison_message_ends_in_the_dead_letter_queue_alone(self, system: System) -> None:
        system.send("Inbox", "a", "fail", "b")

        calls = system.pump.drain(retry_at_once=True)

        assert calls == {"Reader": 3}
        assert system.bodies("InboxDeadLetters") == ["fail"]

    def test_a_failed_message_waits_for_its_visibility_timeout(self, system: System) -> None:
        with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
            system.send("Inbox", "fail")
            for _ in range(3):
                assert system.pump.drain() == {"Reader": 1}
                assert system.pump.drain() == {}
                clock.shift(61)
            assert system.pump.drain() == {}

            assert system.bodies("InboxDeadLetters") == ["fail"]

    def test_a_stopped_clock_does_not_stop_retries_at_once(self, system: System) -> None:
        with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False):
            system.send("Inbox", "fail 2")
            assert system.pump.drain(retry_at_once=True) == {"Reader": 3}

        assert system.count("InboxDeadLetters") == 0

    def test_a_delayed_message_waits_for_the_clock_and_for_nothing_else(self, system: System) -> None:
        with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
            system.send("Inbox", "late", delay=300)
            assert system.pump.drain(retry_at_once=True) == {}
            assert system.count("Inbox", "Delayed") == 1
            clock.shift(299)
            assert system.pump.drain() == {}
            clock.shift(2)
            assert system.pump.drain() == {"Reader": 1}

    def test_a_crash_leaves_the_messages_in_flight(self, system: System) -> None:
        system.send("Inbox", "crash 1")

        with pytest.raises(BaseException, match="gone") as crash:
            system.pump.drain()

        assert crash.type.__name__ == "Crash"
        assert system.count("Inbox", "NotVisible") == 1
        # The process is new: its handler counts from the start, and crashes once more.
        with pytest.raises(BaseException, match="gone"):
            system.pump.drain(retry_at_once=True)

    def test_a_source_with_a_window_gets_what_the_others_cause_in_one_batch(self, system: System) -> None:
        system.send("Inbox", *["tell"] * 24)

        calls = system.pump.drain()

        assert calls == {"Reader": 3, "SlowReader": 1}
        assert [len(batch) for batch in system.batches("SlowReader")] == [24]

    def test_a_message_that_is_never_dealt_with_is_no_endless_loop(
        self, system: System, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("local.pump._MANY", 20)
        system.send("Plain", "raise")

        with pytest.raises(RuntimeError, match="PlainReader"):
            system.pump.drain(retry_at_once=True)


class TestStreams:
    def test_changes_come_in_order_as_lambda_has_them(self, system: System) -> None:
        system.clients.dynamodb.put_item(
            TableName=system.template.ref("Table"),
            Item={
                "pk": {"S": "page#/"},
                "sk": {"S": "self"},
                "packed": {"B": b"\x00\xff"},
                "several": {"BS": [b"\x01"]},
                "inner": {"M": {"list": {"L": [{"B": b"\x02"}, {"N": "1"}, {"BOOL": True}, {"NULL": True}]}}},
            },
        )
        system.clients.dynamodb.delete_item(
            TableName=system.template.ref("Table"), Key={"pk": {"S": "page#/"}, "sk": {"S": "self"}}
        )

        system.pump.drain()

        [event] = system.events("Follower")
        inserted, removed = event["Records"]
        assert inserted["eventName"] == "INSERT"
        assert inserted["eventSource"] == "aws:dynamodb"
        assert inserted["awsRegion"] == "ap-southeast-1"
        assert inserted["eventSourceARN"] == system.template.attribute("Table", "StreamArn")
        change = inserted["dynamodb"]
        assert change["Keys"] == {"pk": {"S": "page#/"}, "sk": {"S": "self"}}
        assert change["NewImage"]["packed"] == {"B": "AP8="}
        assert change["NewImage"]["several"] == {"BS": ["AQ=="]}
        assert change["NewImage"]["inner"]["M"]["list"]["L"] == [
            {"B": "Ag=="},
            {"N": "1"},
            {"BOOL": True},
            {"NULL": True},
        ]
        assert change["StreamViewType"] == "NEW_IMAGE"
        assert isinstance(change["ApproximateCreationDateTime"], float)
        assert removed["eventName"] == "REMOVE"
        assert "NewImage" not in removed["dynamodb"]
        assert int(change["SequenceNumber"]) < int(removed["dynamodb"]["SequenceNumber"])

    def test_a_record_is_delivered_if_one_of_the_filters_lets_it_through(self, system: System) -> None:
        system.put("page#/")
        system.put("article#1", "r#1")
        system.put("article#1", "r#1", "changed")  # a MODIFY: the second filter wants an INSERT
        system.put("article#1", "head")

        system.pump.drain()

        assert system.batches("Follower") == [["page#/", "article#1"]]

    def test_records_that_pass_no_filter_do_not_come_back(self, system: System) -> None:
        system.put("article#1", "head")

        assert system.pump.drain() == {}
        system.put("page#/")
        assert system.pump.drain() == {"Follower": 1}
        assert system.pump.drain() == {}

    def test_an_overwrite_by_the_same_is_no_change(self, system: System) -> None:
        system.put("page#/")
        system.put("page#/")
        assert system.pump.drain() == {"Follower": 1}
        system.put("page#/")
        assert system.pump.drain() == {}
        system.put("page#/", do="other")
        assert system.pump.drain() == {"Follower": 1}

        assert system.batches("Follower") == [["page#/"], ["page#/"]]

    def test_an_update_that_makes_an_item_is_one_insertion(self, system: System) -> None:
        system.clients.dynamodb.update_item(
            TableName=system.template.ref("Table"),
            Key={"pk": {"S": "page#/"}, "sk": {"S": "touch"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

        system.pump.drain()

        [event] = system.events("Follower")
        [record] = event["Records"]
        assert record["eventName"] == "INSERT"
        assert record["dynamodb"]["NewImage"]["n"] == {"N": "1"}

    def test_a_cancelled_transaction_leaves_nothing_and_loses_nothing(self, system: System) -> None:
        table = system.template.ref("Table")
        system.put("page#/1")
        system.pump.drain()
        with pytest.raises(system.clients.dynamodb.exceptions.TransactionCanceledException):
            system.clients.dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": table, "Item": {"pk": {"S": "page#/2"}, "sk": {"S": "self"}}}},
                    {
                        "Put": {
                            "TableName": table,
                            "Item": {"pk": {"S": "page#/1"}, "sk": {"S": "self"}},
                            "ConditionExpression": "attribute_not_exists(pk)",
                        }
                    },
                ]
            )
        system.put("page#/3")

        system.pump.drain()

        assert system.batches("Follower") == [["page#/1"], ["page#/3"]]

    def test_a_poison_record_is_bisected_out_and_the_others_get_through(self, system: System) -> None:
        for number in range(8):
            system.put(f"page#/{number}", do="raise" if number == 5 else "")

        system.pump.drain()

        batches = [[key.removeprefix("page#/") for key in batch] for batch in system.batches("Follower")]
        assert batches == [
            ["0", "1", "2", "3", "4", "5", "6", "7"],
            ["0", "1", "2", "3"],
            ["4", "5", "6", "7"],
            ["4", "5"],
            ["4"],
            ["5"],  # alone now: the splitting cost none of its two retries
            ["5"],
            ["5"],
            ["6", "7"],
        ]
        [lost] = map(json.loads, system.bodies("Lost"))
        assert lost["requestContext"]["condition"] == "RetryAttemptsExhausted"
        assert lost["requestContext"]["approximateInvokeCount"] == 3
        assert lost["DDBStreamBatchInfo"]["batchSize"] == 1
        assert (
            lost["DDBStreamBatchInfo"]["startSequenceNumber"]
            == lost["DDBStreamBatchInfo"]["endSequenceNumber"]
            == system.events("Follower")[5]["Records"][0]["dynamodb"]["SequenceNumber"]
        )
        assert lost["DDBStreamBatchInfo"]["streamArn"] == system.template.attribute("Table", "StreamArn")

    def test_after_named_failures_the_stream_goes_on_from_the_lowest(self, system: System) -> None:
        for number, do in enumerate(["", "", "fail 2", "", "fail 1"]):
            system.put(f"page#/{number}", do=do)

        system.pump.drain()

        batches = [[key.removeprefix("page#/") for key in batch] for batch in system.batches("Follower")]
        assert batches == [["0", "1", "2", "3", "4"], ["2", "3", "4"], ["2", "3", "4"]]
        assert system.count("Lost") == 0

    def test_a_first_record_that_keeps_failing_takes_the_rest_of_its_batch_along(self, system: System) -> None:
        for number, do in enumerate(["", "fail", ""]):
            system.put(f"page#/{number}", do=do)

        system.pump.drain()

        assert [len(batch) for batch in system.batches("Follower")] == [3, 2, 2]
        [lost] = map(json.loads, system.bodies("Lost"))
        assert lost["DDBStreamBatchInfo"]["batchSize"] == 2

    def test_an_improper_answer_is_bisected_like_an_exception(self, system: System) -> None:
        system.put("page#/0")
        system.put("page#/1", do='answer {"batchItemFailures": [{"itemIdentifier": ""}]}')

        system.pump.drain()

        assert system.batches("Follower")[:3] == [["page#/0", "page#/1"], ["page#/0"], ["page#/1"]]

    def test_nothing_overtakes_a_batch_that_is_being_retried(self, system: System) -> None:
        system.put("page#/0", do="raise 1")
        assert system.pump.step("Follower")
        system.put("page#/1")

        system.pump.drain()

        assert system.batches("Follower") == [["page#/0"], ["page#/0"], ["page#/1"]]

    def test_a_batch_too_old_is_given_up_and_told(self, system: System) -> None:
        with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
            system.put("page#/0", do="raise 1")
            assert system.pump.step("Follower")
            clock.shift(3601)
            system.put("page#/1")
            system.pump.drain()
            [lost] = map(json.loads, system.bodies("Lost"))

        assert system.batches("Follower") == [["page#/0"], ["page#/1"]]
        assert lost["requestContext"]["condition"] == "RecordAgeExceeded"
        assert lost["DDBStreamBatchInfo"]["approximateArrivalOfFirstRecord"] == "2026-11-23T00:00:00.000Z"

    def test_a_crash_does_not_move_the_checkpoint(self, system: System) -> None:
        system.put("page#/0", do="crash 1")

        with pytest.raises(BaseException, match="gone"):
            system.pump.drain()
        with pytest.raises(BaseException, match="gone"):
            system.pump.drain()

        assert system.batches("Follower") == [["page#/0"], ["page#/0"]]


class TestTheClock:
    def test_a_schedule_calls_its_function_with_eventbridges_event(self, system: System) -> None:
        with time_machine.travel(datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC), tick=False):
            system.pump.beat()
            assert system.pump.drain() == {"Clock": 1}

        [event] = system.events("Clock")
        assert event["detail-type"] == "Scheduled Event"
        assert event["source"] == "aws.events"
        assert event["time"] == "2026-11-23T01:02:03Z"

    def test_an_asynchronous_call_is_tried_again_after_one_minute_and_two(self, system: System) -> None:
        with time_machine.travel(datetime(2026, 11, 23, tzinfo=UTC), tick=False) as clock:
            system.pump.beat()
            system.pump.drain()
            clock.shift(59)
            assert system.pump.drain() == {}
            clock.shift(1)
            assert system.pump.drain() == {"Clock": 1}
            clock.shift(119)
            assert system.pump.drain() == {}
            assert system.count("Lost") == 0
            clock.shift(1)
            assert system.pump.drain() == {"Clock": 1}
            [lost] = map(json.loads, system.bodies("Lost"))

        assert lost["requestContext"]["condition"] == "RetriesExhausted"
        assert lost["requestContext"]["approximateInvokeCount"] == 3
        assert lost["requestPayload"]["detail-type"] == "Scheduled Event"
        assert lost["responsePayload"]["errorType"] == "Poisoned"
        assert lost["responsePayload"]["errorMessage"] == "always"

    def test_a_call_later_is_retried_at_once_when_asked(self, system: System) -> None:
        system.pump.call_later("Clock", {"source": "test"})

        assert system.pump.drain(retry_at_once=True) == {"Clock": 3}
        assert system.count("Lost") == 1


@contextmanager
def running(system: System) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=system.pump.run, args=(stop,), kwargs={"interval": 0.02})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def eventually(system: System, function: str, *, calls: int) -> list[list[str]]:
    end = time.monotonic() + 30
    while len(batches := system.batches(function)) < calls and time.monotonic() < end:
        time.sleep(0.02)
    return batches


class TestRunningByTheClock:
    def test_what_arrives_is_delivered_without_anyone_asking(self, system: System) -> None:
        with running(system):
            with system.lambdas.lock:
                system.send("Inbox", "a")
                system.put("page#/")

            assert eventually(system, "Reader", calls=1) == [["a"]]
            assert eventually(system, "Follower", calls=1) == [["page#/"]]

    def test_a_window_lets_a_batch_grow(self, system: System) -> None:
        with running(system):
            with system.lambdas.lock:
                system.send("Slow", "a")
            time.sleep(0.3)  # the pump looks many times meanwhile
            with system.lambdas.lock:
                system.send("Slow", "b", "c")

            assert eventually(system, "SlowReader", calls=1) == [["a", "b", "c"]]

    def test_a_full_batch_does_not_wait_for_its_window(self, tmp_path: Path) -> None:
        long = TEMPLATE.replace("MaximumBatchingWindowInSeconds: 2", "MaximumBatchingWindowInSeconds: 300")
        with made(tmp_path, long) as system, running(system):
            with system.lambdas.lock:
                system.send("Slow", *map(str, range(25)))

            assert [len(batch) for batch in eventually(system, "SlowReader", calls=1)] == [25]

    def test_a_failing_batch_of_the_stream_is_retried_until_it_is_through(self, system: System) -> None:
        with running(system):
            with system.lambdas.lock:
                system.put("page#/", do="raise 2")

            assert eventually(system, "Follower", calls=3) == [["page#/"]] * 3


class TestWhatIsNotImitated:
    @pytest.mark.parametrize(
        ("old", "new", "named"),
        [
            ("BatchSize: 8", "BatchSize: 8\n            TumblingWindowInSeconds: 5", "TumblingWindowInSeconds"),
            ("BatchSize: 8", "BatchSize: 8\n            Enabled: false", "switched off"),
            ("rate(1 minute)", "cron(0 * * * ? *)", "rate"),
            ('"rate(1 minute)"', '"rate(1 minute)", RetryPolicy: {MaximumRetryAttempts: 5}', "RetryPolicy"),
        ],
    )
    def test_a_property_that_is_not_known_is_refused_by_name(
        self, tmp_path: Path, old: str, new: str, named: str
    ) -> None:
        with pytest.raises(TemplateError, match=named), made(tmp_path, TEMPLATE.replace(old, new)):
            pass

    def test_an_unknown_filter_rule_is_refused(self, tmp_path: Path) -> None:
        text = TEMPLATE.replace('[{"prefix": "page#"}]', '[{"wildcard": "page*"}]')
        with made(tmp_path, text) as system:
            system.put("page#/")
            with pytest.raises(TemplateError, match="wildcard"):
                system.pump.drain()


def test_a_function_error_carries_what_lambda_would_report(system: System) -> None:
    with pytest.raises(FunctionError) as error:
        system.lambdas.invoke("Clock", {})

    assert error.value.payload["errorType"] == "Poisoned"
    assert any("handler.py" in line for line in error.value.payload["stackTrace"])


def test_a_batch_is_divided_so_that_it_fits_into_a_call(tmp_path: Path) -> None:
    with made(tmp_path, TEMPLATE.replace("BatchSize: 8", "BatchSize: 20")) as system:
        for number in range(20):  # 520 kB each in base64, and 6 MB are the most
            system.clients.dynamodb.put_item(
                TableName=system.template.ref("Table"),
                Item={"pk": {"S": f"page#/{number}"}, "sk": {"S": "self"}, "packed": {"B": bytes(390_000)}},
            )

        assert system.pump.drain() == {"Follower": 2}

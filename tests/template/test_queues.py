from typing import Any

from portal.tick import RENDER_SECONDS

FOURTEEN_DAYS = 14 * 24 * 60 * 60


def test_every_queue_that_should_be_empty_has_an_alarm_that_says_what_to_do(resources: dict[str, Any]) -> None:
    alarms = {
        each["Properties"]["Dimensions"][0]["Value"]["Fn::GetAtt"][0]: each["Properties"]
        for each in resources.values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert alarms.keys() == dead_letter_queues(resources) | {"FailedPagesQueue"}
    for name, alarm in alarms.items():
        assert alarm["Namespace"] == "AWS/SQS"
        assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmActions"] == {
            "Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]
        }
        assert len(alarm["AlarmDescription"]) > 100, name


def test_what_failed_is_kept_for_fourteen_days(resources: dict[str, Any]) -> None:
    for name in dead_letter_queues(resources) | {"FailedPagesQueue"}:
        assert resources[name]["Properties"]["MessageRetentionPeriod"] == FOURTEEN_DAYS, name


def test_every_queue_is_encrypted(resources: dict[str, Any]) -> None:
    assert [name for name, queue in queues(resources).items() if queue["SqsManagedSseEnabled"] is not True] == []


def test_a_message_stays_invisible_for_six_runs_of_its_function(resources: dict[str, Any]) -> None:
    # AWS Lambda Developer Guide, "Creating and configuring an Amazon SQS event source mapping".
    sources = [each for each in sources_of(resources) if each["EventSourceArn"]["Fn::GetAtt"][0] in queues(resources)]
    assert len(sources) == 2
    for source in sources:
        queue = queues(resources)[source["EventSourceArn"]["Fn::GetAtt"][0]]
        timeout = resources[source["FunctionName"]["Ref"]]["Properties"]["Timeout"]
        assert queue["VisibilityTimeout"] >= 6 * timeout + source["MaximumBatchingWindowInSeconds"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_a_bad_record_fails_alone_and_not_for_ever(resources: dict[str, Any]) -> None:
    for source in sources_of(resources):
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        if source["EventSourceArn"]["Fn::GetAtt"][0] == "Table":
            assert source["BisectBatchOnFunctionError"] is True
            assert 0 < source["MaximumRetryAttempts"] < 100
            assert source["DestinationConfig"] == {
                "OnFailure": {"Destination": {"Fn::GetAtt": ["RenderDeadLetters", "Arn"]}}
            }
        else:
            assert source["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_every_function_that_nobody_waits_for_has_a_place_for_its_failures(resources: dict[str, Any]) -> None:
    configured = resources["TickFunctionEventInvokeConfig"]["Properties"]
    assert configured["DestinationConfig"] == {"OnFailure": {"Destination": {"Fn::GetAtt": ["TickDeadLetters", "Arn"]}}}
    assert "MaximumRetryAttempts" in configured


def test_only_uploads_of_this_account_reach_the_intake_queue(resources: dict[str, Any]) -> None:
    (statement,) = resources["IntakeQueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    # S3 asks the queue when it takes the notification.
    assert resources["UploadsBucket"]["DependsOn"] == "IntakeQueuePolicy"


def queues(resources: dict[str, Any]) -> dict[str, Any]:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == "AWS::SQS::Queue"}


def sources_of(resources: dict[str, Any]) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Lambda::EventSourceMapping"]


def dead_letter_queues(resources: dict[str, Any]) -> set[str]:
    """Find them by what sends to them, not by their names."""
    redriven = [
        each["RedrivePolicy"]["deadLetterTargetArn"] for each in queues(resources).values() if "RedrivePolicy" in each
    ]
    on_failure = [
        each["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        for each in resources.values()
        if "DestinationConfig" in each["Properties"]
    ]
    return {arn["Fn::GetAtt"][0] for arn in [*redriven, *on_failure]}


def test_what_a_deploy_changes_waits_for_as_long_as_render_may_run(resources: dict[str, Any]) -> None:
    assert resources["RenderFunction"]["Properties"]["Timeout"] == RENDER_SECONDS

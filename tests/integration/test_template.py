"""What the template promises about privacy, privilege and retries."""

from typing import Any

import pytest
from integration.clouds import TEMPLATE

from deepecg.cloud.embedded import Template

template = Template.read(TEMPLATE)
BUCKETS = template.of_type("AWS::S3::Bucket")
QUEUES = template.of_type("AWS::SQS::Queue")
FUNCTIONS = template.of_type("AWS::Serverless::Function")
ROLES = template.of_type("AWS::IAM::Role")


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def grants(role: str) -> set[tuple[str, str]]:
    return {
        (action, str(resource))
        for statement in statements(ROLES[role])
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def within_results(*patterns: str) -> set[str]:
    return {str({"Fn::Sub": f"${{ResultsBucket.Arn}}/{pattern}"}) for pattern in patterns}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def tls_only(kind: str, field: str) -> set[str]:
    """Return the resources whose policy refuses everything that does not come by TLS."""
    found = set()
    for policy in template.of_type(kind).values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if (
                statement["Effect"] == "Deny"
                and statement["Principal"] == "*"
                and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                and statement["Action"] in ("s3:*", "sqs:*")
            ):
                found |= {reference["Ref"] for reference in as_list(policy[field])}
    return found


@pytest.mark.parametrize("name", BUCKETS)
def test_bucket_is_private_encrypted_and_cleans_up(name: str) -> None:
    bucket = BUCKETS[name]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
    assert "BucketName" not in bucket
    assert template.content["Resources"][name]["UpdateReplacePolicy"] == "Retain"


def test_buckets_and_queues_take_tls_only() -> None:
    assert tls_only("AWS::S3::BucketPolicy", "Bucket") == set(BUCKETS)
    assert tls_only("AWS::SQS::QueuePolicy", "Queues") == set(QUEUES)


@pytest.mark.parametrize("name", QUEUES)
def test_queue_is_encrypted_and_keeps_messages_for_14_days(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True
    assert QUEUES[name]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_only_uploads_notify() -> None:
    assert [name for name, b in BUCKETS.items() if "NotificationConfiguration" in b] == [
        "UploadsBucket"
    ]
    assert template.content["Resources"]["UploadsBucket"]["DependsOn"] == "UploadsQueuePolicy"


def test_messages_stay_hidden_for_six_timeouts_and_failures_are_partial() -> None:
    function = FUNCTIONS["ScoreRecordingFunction"]
    assert QUEUES["UploadsQueue"]["VisibilityTimeout"] >= 6 * function["Timeout"]
    (event,) = function["Events"].values()
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    tries = QUEUES["UploadsQueue"]["RedrivePolicy"]["maxReceiveCount"]
    assert template.resolve(tries) >= 5
    assert function["Environment"]["Variables"]["DEEPECG_MAX_RECEIVES"] == tries


def test_dead_letters_and_a_failing_report_raise_alarms() -> None:
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    assert alarms["DeadLetterAlarm"]["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}
    ]
    assert alarms["NightlyReportAlarm"]["Dimensions"] == [
        {"Name": "FunctionName", "Value": {"Ref": "NightlyReportFunction"}}
    ]
    for alarm in alarms.values():
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


def test_days_end_where_the_schedule_counts_them() -> None:
    """All functions and the schedule take their zone from one parameter."""
    zones = [f["Environment"]["Variables"]["DEEPECG_TIME_ZONE"] for f in FUNCTIONS.values()]
    (event,) = FUNCTIONS["NightlyReportFunction"]["Events"].values()
    assert event["Type"] == "ScheduleV2"
    zones.append(event["Properties"]["ScheduleExpressionTimezone"])
    assert zones == [{"Ref": "TimeZone"}] * 4


def test_no_function_reserves_concurrency() -> None:
    """AWS refuses to deploy that on accounts that still have the small quota they began with."""
    assert not [name for name in FUNCTIONS if "ReservedConcurrentExecutions" in FUNCTIONS[name]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_function_has_a_role_of_its_own_and_logs_no_events(name: str) -> None:
    function = FUNCTIONS[name]
    assert function["Role"]["Fn::GetAtt"][0] in ROLES
    assert "Policies" not in function  # SAM would add a role of its own making
    variables = function["Environment"]["Variables"]
    assert "POWERTOOLS_LOGGER_LOG_EVENT" not in variables
    assert "POWERTOOLS_DEV" not in variables
    assert function["LoggingConfig"]["LogGroup"]["Ref"] in template.of_type("AWS::Logs::LogGroup")


@pytest.mark.parametrize("name", ROLES)
def test_role_has_no_wildcards(name: str) -> None:
    for statement in statements(ROLES[name]):
        assert not any("*" in action for action in as_list(statement["Action"]))
        assert "*" not in as_list(statement["Resource"])


def test_scoring_can_neither_change_uploads_nor_delete_results() -> None:
    allowed = grants("ScoreRecordingRole")
    on_uploads = {action for action, resource in allowed if "UploadsBucket" in resource}
    assert on_uploads == {"s3:GetObject", "s3:ListBucket"}
    deletes = {resource for action, resource in allowed if action == "s3:DeleteObject"}
    assert deletes == within_results("recordings/*/waiting.json", "nights/*")
    puts = {resource for action, resource in allowed if action == "s3:PutObject"}
    assert puts == within_results("recordings/*", "nights/*")


def test_nightly_report_sees_no_upload_and_no_result_and_takes_no_dead_letter_away() -> None:
    allowed = grants("NightlyReportRole")
    on_uploads = {(action, resource) for action, resource in allowed if "Uploads" in resource}
    queue = str({"Fn::GetAtt": ["UploadsQueue", "Arn"]})
    assert on_uploads == {("sqs:GetQueueAttributes", queue)}  # it counts them
    gets = {resource for action, resource in allowed if action == "s3:GetObject"}
    assert gets == within_results("nights/*", "reports/*/totals.json")
    puts = {resource for action, resource in allowed if action == "s3:PutObject"}
    assert puts == within_results("reports/*")
    assert not any("Delete" in action or "Send" in action for action, _ in allowed)
    assert "sns:Publish" not in {action for action, _ in allowed}


def test_only_where_there_is_a_topic_may_the_report_be_told_of() -> None:
    resource = template.content["Resources"]["TellOfTheNight"]
    assert resource["Condition"] == "HasNightlyTopic"
    (statement,) = resource["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        "sns:Publish",
        {"Ref": "NightlyTopicArn"},
    )

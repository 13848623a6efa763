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
    assert QUEUES["UploadsQueue"]["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_dead_letters_raise_an_alarm() -> None:
    (alarm,) = template.of_type("AWS::CloudWatch::Alarm").values()
    assert alarm["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}
    ]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")


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
    allowed = {
        (action, str(resource))
        for statement in statements(ROLES["ScoreRecordingRole"])
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }
    on_uploads = {action for action, resource in allowed if "UploadsBucket" in resource}
    assert on_uploads == {"s3:GetObject", "s3:ListBucket"}
    deletes = {resource for action, resource in allowed if action == "s3:DeleteObject"}
    assert deletes == {str({"Fn::Sub": "${ResultsBucket.Arn}/recordings/*/waiting.json"})}
    puts = {resource for action, resource in allowed if action == "s3:PutObject"}
    assert puts == {str({"Fn::Sub": "${ResultsBucket.Arn}/recordings/*"})}

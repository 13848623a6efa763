"""The template's privacy, privileges, retries, and authorisation of the API."""

import json
import re
from typing import Any

import pytest
from integration.aws_with_clock_and_faults import TEMPLATE

from deepecg.cloud.aws_clients import INTERACTIVE
from deepecg.local_cloud.sam_template import Template

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


def test_dead_letters_a_failing_report_and_a_failing_api_raise_alarms() -> None:
    alarms = template.of_type("AWS::CloudWatch::Alarm")
    assert alarms["DeadLetterAlarm"]["Dimensions"] == [
        {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetterQueue", "QueueName"]}}
    ]
    assert alarms["NightlyReportAlarm"]["Dimensions"] == [
        {"Name": "FunctionName", "Value": {"Ref": "NightlyReportFunction"}}
    ]
    api = alarms["ApiAlarm"]
    assert (api["Namespace"], api["MetricName"]) == ("AWS/ApiGateway", "5xx")
    assert api["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "Api"}}]
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
    assert on_uploads == {"s3:GetObject", "s3:ListBucket", "s3:PutObject"}
    deletes = {resource for action, resource in allowed if action == "s3:DeleteObject"}
    assert deletes == within_results("recordings/*/waiting.json", "nights/*")
    puts = {resource for action, resource in allowed if action == "s3:PutObject"}
    keys = str({"Fn::Sub": "${UploadsBucket.Arn}/upload-keys/*"})
    assert puts == {*within_results("recordings/*", "nights/*"), keys}


def test_nightly_report_can_neither_read_uploads_nor_delete_dead_letters() -> None:
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


def test_nightly_report_may_publish_only_where_there_is_a_topic() -> None:
    resource = template.content["Resources"]["PublishNightlyMessage"]
    assert resource["Condition"] == "HasNightlyTopic"
    (statement,) = resource["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == (
        "sns:Publish",
        {"Ref": "NightlyTopicArn"},
    )


def test_api_has_just_these_permissions() -> None:
    """It reads no upload, deletes nothing, and writes announcements and reviews alone."""
    results = str({"Fn::GetAtt": ["ResultsBucket", "Arn"]})
    read = within_results("recordings/*", "nights/*", "reports/*", "announced/*")
    (announced,) = within_results("announced/*")
    assert grants("ApiRole") == {
        *(("s3:GetObject", resource) for resource in read),
        ("s3:ListBucket", results),
        ("s3:PutObject", announced),
        ("s3:PutObject", str({"Fn::Sub": "${UploadsBucket.Arn}/api/*"})),
        ("s3:GetObject", str({"Fn::Sub": "${UploadsBucket.Arn}/upload-keys/*"})),
        ("s3:GetObject", str({"Fn::Sub": "${UploadsBucket.Arn}/*.review.json"})),
        ("s3:PutObject", str({"Fn::Sub": "${UploadsBucket.Arn}/*.review.json"})),
        ("logs:CreateLogStream", str({"Fn::GetAtt": ["ApiLogs", "Arn"]})),
        ("logs:PutLogEvents", str({"Fn::GetAtt": ["ApiLogs", "Arn"]})),
    }
    assert ROLES["ApiRole"].keys() == {"AssumeRolePolicyDocument", "Policies"}  # none attached
    effects = {statement["Effect"] for statement in statements(ROLES["ApiRole"])}
    assert effects == {"Allow"}


def test_only_upload_requests_expire() -> None:
    rules = BUCKETS["ResultsBucket"]["LifecycleConfiguration"]["Rules"]
    expiring = [rule for rule in rules if "ExpirationInDays" in rule]
    assert [(rule["Prefix"], rule["ExpirationInDays"]) for rule in expiring] == [("announced/", 2)]


def condition(name: str) -> Any:
    return template.content["Conditions"][name]


def routes() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the routes by condition and key; every one has a condition."""
    return {
        (resource["Condition"], resource["Properties"]["RouteKey"]): resource["Properties"]
        for resource in template.content["Resources"].values()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }


def test_without_an_issuer_every_request_is_signed() -> None:
    assert template.content["Parameters"]["JwtIssuer"]["Default"] == ""
    assert condition("TakesSignatures") == {"Fn::Equals": [{"Ref": "JwtIssuer"}, ""]}
    assert condition("TakesTokens") == {"Fn::Not": [condition("TakesSignatures")]}
    found = {key: route for (case, key), route in routes().items() if case == "TakesSignatures"}
    assert {key: route["AuthorizationType"] for key, route in found.items()} == {
        "$default": "AWS_IAM"
    }
    function = FUNCTIONS["ApiFunction"]["Environment"]["Variables"]
    assert function["DEEPECG_AUTHORISATION"] == "iam"


def test_with_an_issuer_all_but_page_health_and_documentation_needs_a_token() -> None:
    """Open paths are named one by one, so no other spelling of a path goes around the token."""
    found = {key: route for (case, key), route in routes().items() if case == "TakesTokens"}
    assert {key: route["AuthorizationType"] for key, route in found.items()} == {
        "$default": "JWT",
        "GET /": "NONE",
        "GET /health": "NONE",
        "GET /docs": "NONE",
        "GET /docs/{name}": "NONE",
        "GET /openapi.json": "NONE",
    }
    (authorizer,) = template.of_type("AWS::ApiGatewayV2::Authorizer")
    assert found["$default"]["AuthorizerId"] == {"Ref": authorizer}
    properties = template.of_type("AWS::ApiGatewayV2::Authorizer")[authorizer]
    assert properties["JwtConfiguration"] == {
        "Issuer": {"Ref": "JwtIssuer"},
        "Audience": [{"Ref": "JwtAudience"}],
    }


def test_issuer_and_audience_come_together_or_not_at_all() -> None:
    needs = {}
    for rule in template.content["Rules"].values():
        (given,) = rule["RuleCondition"]["Fn::Not"]
        (assertion,) = rule["Assertions"]
        (asked,) = assertion["Assert"]["Fn::Not"]
        needs[given["Fn::Equals"][0]["Ref"]] = asked["Fn::Equals"][0]["Ref"]
    assert needs == {"JwtIssuer": "JwtAudience", "JwtAudience": "JwtIssuer"}


@pytest.mark.parametrize(
    ("parameter", "value", "is_taken"),
    [
        ("JwtIssuer", "", True),
        ("JwtIssuer", "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc", True),
        ("JwtIssuer", "http://issuer.example.org", False),
        ("AllowedOrigin", "", True),
        ("AllowedOrigin", "https://ward.example.org:8443", True),
        ("AllowedOrigin", "https://ward.example.org/page", False),
        ("AllowedOrigin", "https://*.example.org", False),
        ("AllowedOrigin", "*", False),
    ],
)
def test_parameters_of_the_api_take(parameter: str, value: str, is_taken: bool) -> None:
    pattern = template.content["Parameters"][parameter]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, value)) is is_taken


def test_no_other_origin_may_call_unless_one_is_named() -> None:
    assert template.content["Parameters"]["AllowedOrigin"]["Default"] == ""
    assert condition("HasAllowedOrigin") == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "AllowedOrigin"}, ""]}]
    }
    (api,) = template.of_type("AWS::ApiGatewayV2::Api").values()
    case, opened, closed = api["CorsConfiguration"]["Fn::If"]
    assert (case, closed) == ("HasAllowedOrigin", {"Ref": "AWS::NoValue"})
    assert opened["AllowOrigins"] == [{"Ref": "AllowedOrigin"}]
    assert "AllowCredentials" not in opened
    preflight = [key for case, key in routes() if case == "HasAllowedOrigin"]
    assert preflight == ["OPTIONS /v1/{proxy+}"]


def test_uploads_may_be_posted_from_the_page_alone() -> None:
    case, opened, closed = BUCKETS["UploadsBucket"]["CorsConfiguration"]["Fn::If"]
    assert (case, closed) == ("HasPages", {"Ref": "AWS::NoValue"})
    assert condition("HasPages") == {
        "Fn::Or": [{"Fn::Condition": "TakesTokens"}, {"Fn::Condition": "HasAllowedOrigin"}]
    }
    (rule,) = opened["CorsRules"]
    assert rule["AllowedMethods"] == ["POST"]
    none = {"Ref": "AWS::NoValue"}
    assert rule["AllowedOrigins"] == [
        {"Fn::If": ["TakesTokens", {"Fn::GetAtt": ["Api", "ApiEndpoint"]}, none]},
        {"Fn::If": ["HasAllowedOrigin", {"Ref": "AllowedOrigin"}, none]},
    ]
    assert "CorsConfiguration" not in BUCKETS["ResultsBucket"]


def test_api_is_throttled_and_its_function_ends_before_the_gateway_times_out() -> None:
    (stage,) = template.of_type("AWS::ApiGatewayV2::Stage").values()
    limits = template.resolve(stage["DefaultRouteSettings"])
    assert limits == {"ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 100}
    assert FUNCTIONS["ApiFunction"]["Timeout"] < 30
    (integration,) = template.of_type("AWS::ApiGatewayV2::Integration").values()
    assert "TimeoutInMillis" not in integration  # 30 s, the most there is


def test_api_answers_before_its_time_out_when_the_storage_does_not() -> None:
    client: Any = INTERACTIVE
    attempts = client.retries["total_max_attempts"]
    pauses_s = sum(2**number for number in range(attempts - 1))  # botocore's own, at most
    longest_s = attempts * (client.connect_timeout + client.read_timeout) + pauses_s
    assert longest_s < FUNCTIONS["ApiFunction"]["Timeout"] - 5  # its start, and other requests


def test_access_log_holds_no_path_query_or_person_and_is_kept_as_long_as_the_others() -> None:
    (stage,) = template.of_type("AWS::ApiGatewayV2::Stage").values()
    settings = stage["AccessLogSettings"]
    assert settings["DestinationArn"] == {"Fn::GetAtt": ["ApiAccessLogs", "Arn"]}
    logged = set(json.loads(settings["Format"]).values())
    private = {"path", "queryString", "identity.", "authorizer.", "rawPath", "stageVariables"}
    assert not [value for value in logged for word in private if word in value]
    assert "$context.routeKey" in logged
    for group in template.of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_gateway_alone_calls_the_function() -> None:
    (permission,) = template.of_type("AWS::Lambda::Permission").values()
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert "${Api}/" in permission["SourceArn"]["Fn::Sub"]
    assert "FunctionUrlConfig" not in FUNCTIONS["ApiFunction"]
    assert "Events" not in FUNCTIONS["ApiFunction"]

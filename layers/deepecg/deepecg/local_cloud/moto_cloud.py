"""A cloud in this process: what the template declares, made in moto, with the function behind it.

Tests, the demo and a local service use it. It reads the template, so that a queue, a notification
or a variable that is not declared is missing here too. Time can be skipped: a delayed message, or
one to be retried, need not be waited for.
"""

import importlib.util
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from unittest.mock import patch

import boto3
import yaml
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from deepecg.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

REGION: Final = "eu-central-1"
ACCOUNT = "123456789012"
STACK = "deepecg"
SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""What EventBridge Scheduler replaces in a schedule's input, by the time it was due."""
QUIET_STEP_S = 900
"""Time that :meth:`EmbeddedCloud.settle` skips at once: the longest delay of an SQS message."""

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
_handler_numbers = count()


class UnsupportedTemplateError(Exception):
    """The template uses something that the embedded cloud does not know."""


class _TemplateLoader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's short tags: ``!Ref X`` as ``{"Ref": X}``."""


def _intrinsic(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        if tag == "GetAtt":
            value = value.split(".", maxsplit=1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise UnsupportedTemplateError(f"found a mapping behind !{tag}")
    return {tag if tag == "Ref" else f"Fn::{tag}": value}


_TemplateLoader.add_multi_constructor("!", _intrinsic)


@dataclass(frozen=True)
class Template:
    """A SAM template, and what its parameters and resources are called here.

    Attributes
    ----------
    path : Path
        The file.
    content : dict
        What is in it.
    """

    path: Path
    content: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a template."""
        # The loader is a SafeLoader with constructors of its own.
        return cls(path, yaml.load(path.read_text(), _TemplateLoader))

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the properties of the resources of one type, by logical name."""
        resources = self.content["Resources"].items()
        return {n: r.get("Properties", {}) for n, r in resources if r["Type"] == kind}

    def resolve(self, value: Any) -> Any:
        """Return a value of the template with its references resolved.

        Raises
        ------
        UnsupportedTemplateError
            If it holds an intrinsic function other than ``Ref``, ``GetAtt ... Arn`` and ``If``.
        """
        match value:
            case {"Ref": str(name)}:
                return self._referenced(name)
            case {"Fn::GetAtt": [str(name), "Arn"]}:
                return self._arn(name)
            case {"Fn::If": [str(name), yes, no]}:
                return self.resolve(yes if self._holds(self.content["Conditions"][name]) else no)
            case dict() if any(key.startswith("Fn::") for key in value):
                raise UnsupportedTemplateError(f"found {', '.join(value)}")
            case dict():
                return {key: self.resolve(item) for key, item in value.items()}
            case list():
                return [self.resolve(item) for item in value]
        return value

    def name(self, logical: str) -> str:
        """Return the name of a resource: ``UploadsBucket`` is ``deepecg-uploadsbucket``."""
        return f"{STACK}-{logical.lower()}"

    def _holds(self, condition: Any) -> bool:
        match condition:
            case {"Fn::Equals": [one, other]}:
                return bool(self.resolve(one) == self.resolve(other))
            case {"Fn::Not": [denied]}:
                return not self._holds(denied)
        raise UnsupportedTemplateError(f"found the condition {', '.join(condition)}")

    def _referenced(self, name: str) -> Any:
        if name in self.content.get("Parameters", {}):
            return self.content["Parameters"][name]["Default"]
        if self.content["Resources"][name]["Type"] == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.name(name)}"
        return self.name(name)

    def _arn(self, logical: str) -> str:
        match self.content["Resources"][logical]["Type"]:
            case "AWS::SQS::Queue":
                return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name(logical)}"
            case "AWS::S3::Bucket":
                return f"arn:aws:s3:::{self.name(logical)}"
            case kind:
                raise UnsupportedTemplateError(f"found the ARN of a {kind}")


@dataclass(frozen=True)
class Function:
    """A function of the template, and its code once it is loaded.

    Attributes
    ----------
    name : str
        Its name in the template.
    properties : dict
        As they are declared.
    variables : dict of str to str
        Its environment.
    handler : callable
        Its code...
    module : module
        ...and what that is in.
    """

    name: str
    properties: dict[str, Any]
    variables: dict[str, str]
    handler: Handler
    module: ModuleType


class EmbeddedCloud:
    """The template's buckets, queues and functions, in this process.

    One function is fed by a queue; others may have schedules, which run when they are told to.
    Each has its own code and its own variables. Outside of a call, the environment is that of
    the fed one. Functions are called from one thread; other threads may use clients of S3 and SQS
    meanwhile, but should make theirs beforehand: a client is made from the environment.

    Parameters
    ----------
    template : Path
        The project's ``template.yaml``.
    environment : dict of str, optional
        Variables that the functions get in place of the template's: where the model is, for one.
    start : datetime, optional
        What the clock of queues and buckets shows at first; the real time if None.

    Attributes
    ----------
    s3, sqs : boto3 clients
        To upload with and to look into the queues.
    calls : list of dict
        Every answer of a function, in order.
    handler : callable
        The fed function's.

    Examples
    --------
    >>> with EmbeddedCloud(Path("template.yaml"), {"DEEPECG_MODEL_FOLDER": "model"}) as cloud:
    ...     cloud.s3.upload_file("a.edf", cloud.bucket("UploadsBucket"), "a.edf")
    ...     cloud.pump()
    """

    s3: "S3Client"
    sqs: "SQSClient"

    def __init__(
        self,
        template: Path,
        environment: dict[str, str] | None = None,
        start: datetime | None = None,
    ) -> None:
        self.template = Template.read(template)
        self.calls: list[dict[str, Any]] = []
        self._environment = environment or {}
        self._skipped_s = start.timestamp() - time.time() if start else 0.0
        self._exits = ExitStack()
        self._fed, self._event = _fed_function(self.template)
        self._declared = self.template.of_type("AWS::Serverless::Function")

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            exits.enter_context(mock_aws())
            exits.enter_context(patch.object(BotocoreStubber, "process_request", _one_at_a_time()))
            exits.enter_context(
                patch("moto.sqs.models.unix_time_millis", lambda: 1000 * self.time_s())
            )
            exits.enter_context(patch("moto.sqs.models.unix_time", self.time_s))
            exits.enter_context(patch("moto.s3.models.utcnow", self._utc))
            variables = {"AWS_DEFAULT_REGION": REGION, **self._variables(self._fed)}
            exits.enter_context(patch.dict(os.environ, variables))
            self.s3 = boto3.client("s3", region_name=REGION)
            self.sqs = boto3.client("sqs", region_name=REGION)
            exits.callback(self.s3.close)
            exits.callback(self.sqs.close)
            self._create_queues()
            self._create_buckets()
            self.functions = {name: self._load(name) for name in self._declared}
            self.handler = self.functions[self._fed].handler
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exits.close()

    def bucket(self, logical: str) -> str:
        """Return the name of a bucket by its name in the template."""
        return self.template.name(logical)

    def queue(self, logical: str) -> str:
        """Return the URL of a queue by its name in the template."""
        url: str = self.template.resolve({"Ref": logical})
        return url

    def time_s(self) -> float:
        """Return the time by the clock of queues and buckets, in seconds since 1970."""
        return time.time() + self._skipped_s

    def skip(self, seconds: float) -> None:
        """Let time pass for queues and buckets."""
        self._skipped_s += seconds

    def _utc(self) -> datetime:
        return datetime.fromtimestamp(self.time_s(), UTC).replace(tzinfo=None)

    def load_handler(self, name: str | None = None) -> Handler:
        """Load a function's code anew, as a new execution environment would; the fed one's."""
        return self._load(name or self._fed).handler

    def _load(self, name: str) -> Function:
        properties = self._declared[name]
        module_name, handler_name = properties["Handler"].rsplit(".", 1)
        folder = self.template.path.parent / properties["CodeUri"]
        spec = importlib.util.spec_from_file_location(
            f"embedded_{next(_handler_numbers)}_{module_name}", folder / f"{module_name}.py"
        )
        assert spec is not None and spec.loader is not None  # noqa: PT018
        module = importlib.util.module_from_spec(spec)
        variables = self._variables(name)
        with self._environment_of(variables):
            spec.loader.exec_module(module)
        return Function(name, properties, variables, getattr(module, handler_name), module)

    def invoke(
        self,
        event: dict[str, Any],
        handler: Handler | None = None,
        function: str | None = None,
    ) -> dict[str, Any]:
        """Call a function with an event.

        Parameters
        ----------
        event : dict
            What it gets.
        handler : callable, optional
            Its code, in place of that loaded at first.
        function : str, optional
            Its name in the template; the fed one's if None.
        """
        called = self.functions[function or self._fed]
        context = SimpleNamespace(
            function_name=self.template.name(called.name),
            function_version="$LATEST",
            memory_limit_in_mb=self.template.resolve(called.properties["MemorySize"]),
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:embedded",
            aws_request_id="00000000-0000-0000-0000-000000000000",
            get_remaining_time_in_millis=lambda: 1000 * called.properties["Timeout"],
        )
        with self._environment_of(called.variables):
            answer = (handler or called.handler)(event, context)
        self.calls.append(answer)
        return answer

    def run_schedules(self, due: datetime) -> list[dict[str, Any]]:
        """Call every function that has a schedule, as if it were due; return the answers."""
        scheduled_time = due.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        answers = []
        for name, properties in self._declared.items():
            for event in properties.get("Events", {}).values():
                if event["Type"] == "ScheduleV2":
                    text = event["Properties"]["Input"].replace(SCHEDULED_TIME, scheduled_time)
                    answers.append(self.invoke(json.loads(text), function=name))
        return answers

    def receive(self) -> dict[str, Any] | None:
        """Take a batch from the queue, as the event the function would get; None if it is empty."""
        queue_arn = self.template.resolve(self._event["Queue"])
        messages = self.sqs.receive_message(
            QueueUrl=self._feeding_queue_url,
            MaxNumberOfMessages=self.template.resolve(self._event.get("BatchSize", 10)),
            AttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return None
        return {
            "Records": [
                {
                    "messageId": message["MessageId"],
                    "receiptHandle": message["ReceiptHandle"],
                    "body": message["Body"],
                    "attributes": message["Attributes"],
                    "messageAttributes": {},
                    "md5OfBody": message["MD5OfBody"],
                    "eventSource": "aws:sqs",
                    "eventSourceARN": queue_arn,
                    "awsRegion": REGION,
                }
                for message in messages
            ]
        }

    def pump(self) -> int:
        """Feed the function until no message is visible; return how often it was called.

        Messages that the function names as failed, or all where it raises, stay in the queue until
        their visibility timeout has passed; the others are deleted.
        """
        n_calls = 0
        while self.pump_once():
            n_calls += 1
        return n_calls

    def pump_once(self) -> bool:
        """Feed the function once, as :meth:`pump` does; return whether there was a message."""
        event = self.receive()
        if event is None:
            return False
        answer = self.invoke(event)
        if "ReportBatchItemFailures" not in self._event.get("FunctionResponseTypes", []):
            answer = {"batchItemFailures": []}
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for record in event["Records"]:
            if record["messageId"] not in failed:
                self.sqs.delete_message(
                    QueueUrl=self._feeding_queue_url, ReceiptHandle=record["receiptHandle"]
                )
        return True

    def settle(self, max_hours: float = 48) -> None:
        """Pump and skip time until the queue is empty.

        Raises
        ------
        TimeoutError
            If messages are left after ``max_hours``.
        """
        self.pump()
        for _ in range(int(max_hours * SECONDS_PER_HOUR / QUIET_STEP_S)):
            if self.n_messages("UploadsQueue") == 0:
                return
            self.skip(QUIET_STEP_S + 1)
            self.pump()
        raise TimeoutError(f"messages are left after {max_hours:g} hours")

    def n_messages(self, logical: str) -> int:
        """Return how many messages a queue holds, visible or not."""
        attributes = self.sqs.get_queue_attributes(
            QueueUrl=self.queue(logical), AttributeNames=["All"]
        )["Attributes"]
        return sum(
            int(number)
            for name, number in attributes.items()
            if name.startswith("ApproximateNumberOfMessages")
        )

    @property
    def _feeding_queue_url(self) -> str:
        name = self.template.resolve(self._event["Queue"]).rsplit(":", 1)[1]
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"

    def _variables(self, function: str) -> dict[str, str]:
        declared = self.template.resolve(self._declared[function]["Environment"]["Variables"])
        return {name: str(value) for name, value in declared.items()} | self._environment

    @contextmanager
    def _environment_of(self, variables: dict[str, str]) -> Iterator[None]:
        """Give a function its variables, and not those of the fed one.

        Only what differs is changed: other threads may look at the environment.
        """
        foreign = self._variables(self._fed).keys() - variables.keys()
        wanted: dict[str, str | None] = {**variables, **dict.fromkeys(foreign)}
        before = {name: os.environ.get(name) for name in wanted}
        _set_variables(wanted)
        try:
            yield
        finally:
            _set_variables(before)

    def _create_queues(self) -> None:
        queues = self.template.of_type("AWS::SQS::Queue")
        # A queue that others redrive to comes first.
        for logical in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
            properties = self.template.resolve(queues[logical])
            self.sqs.create_queue(
                QueueName=self.template.name(logical),
                Attributes={key: _attribute(value) for key, value in properties.items()},
            )

    def _create_buckets(self) -> None:
        for logical, declared in self.template.of_type("AWS::S3::Bucket").items():
            name = self.template.name(logical)
            self.s3.create_bucket(
                Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            # What else is declared (CORS, lifecycle) makes no difference in here.
            if "VersioningConfiguration" in declared:
                self.s3.put_bucket_versioning(
                    Bucket=name, VersioningConfiguration=declared["VersioningConfiguration"]
                )
            notification = self.template.resolve(declared.get("NotificationConfiguration"))
            if notification is not None:
                queues: Any = [
                    {"QueueArn": item["Queue"], "Events": [item["Event"]]}
                    for item in notification["QueueConfigurations"]
                ]
                self.s3.put_bucket_notification_configuration(
                    Bucket=name, NotificationConfiguration={"QueueConfigurations": queues}
                )


def _one_at_a_time() -> Callable[..., Any]:
    """Return moto's way to answer, one request at a time: it is not made for threads."""
    process = BotocoreStubber.process_request
    lock = threading.RLock()

    def process_alone(*arguments: Any) -> Any:
        with lock:
            return process(*arguments)

    return process_alone


def _set_variables(values: Mapping[str, str | None]) -> None:
    """Set variables of the environment to values; remove those whose value is None."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        elif os.environ.get(name) != value:
            os.environ[name] = value


def _attribute(value: Any) -> str:
    """Return a queue's property as SQS takes it: JSON, which a plain string is not put into."""
    return value if isinstance(value, str) else json.dumps(value)


def _fed_function(template: Template) -> tuple[str, dict[str, Any]]:
    """Return the name of the function that SQS feeds, and the properties of what feeds it."""
    fed = [
        (name, event["Properties"])
        for name, function in template.of_type("AWS::Serverless::Function").items()
        for event in function.get("Events", {}).values()
        if event["Type"] == "SQS"
    ]
    if len(fed) != 1:
        raise UnsupportedTemplateError(f"found {len(fed)} functions fed by SQS, expected one")
    return fed[0]

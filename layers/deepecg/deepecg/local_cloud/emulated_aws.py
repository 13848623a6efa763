"""AWS emulated in this process: the template's buckets and queues in moto, and its functions.

The demo, ``deepecg serve`` and the tests use it. It is built from ``template.yaml``, so a queue, a
notification or a variable that the template lacks is missing here too.
"""

import json
import os
import runpy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self
from unittest.mock import patch

import boto3
from botocore.config import Config
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from deepecg.local_cloud.sam_template import ACCOUNT, REGION, Template

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Function:
    """A loaded function of the template.

    Attributes
    ----------
    properties : dict
        Its properties in the template.
    variables : dict of str to str
        Its environment variables.
    handler : callable
        Its handler.
    module : dict
        The global names of the module that contains the handler.
    """

    properties: dict[str, Any]
    variables: dict[str, str]
    handler: Handler
    module: dict[str, Any]


class EmulatedAws:
    """The template's buckets, queues and functions, emulated in this process.

    SQS triggers exactly one function, here called the consumer. Between calls, ``os.environ``
    contains the consumer's variables; during a call, those of the called function. Call functions
    from one thread only. Other threads may use S3 and SQS clients meanwhile, but should create them
    beforehand, because a client reads ``os.environ`` when it is created.

    Parameters
    ----------
    template : Path
        The project's ``template.yaml``.
    environment : mapping of str to str, optional
        Variables that replace or extend the template's, such as the model's folder.

    Attributes
    ----------
    template : Template
        The parsed template.
    s3, sqs : boto3 clients
        Clients of the emulated services.
    functions : dict of str to Function
        The functions by logical name.

    Examples
    --------
    >>> with EmulatedAws(Path("template.yaml"), {"DEEPECG_MODEL_FOLDER": "model"}) as cloud:
    ...     cloud.s3.upload_file("a.edf", cloud.bucket("UploadsBucket"), "a.edf")
    ...     cloud.pump()
    """

    s3: "S3Client"
    sqs: "SQSClient"
    functions: dict[str, Function]

    def __init__(self, template: Path, environment: Mapping[str, str] | None = None) -> None:
        self.template = Template.read(template)
        self._environment = dict(environment or {})
        self._declared = self.template.of_type("AWS::Serverless::Function")
        # Fails where SQS triggers no function, or several.
        ((self._consumer, self._event_source),) = (
            (name, event["Properties"])
            for name, function in self._declared.items()
            for event in function.get("Events", {}).values()
            if event["Type"] == "SQS"
        )
        self._queue_url = self.queue(self._event_source["Queue"]["Fn::GetAtt"][0])
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        return self._exits.enter_context(self._running())

    def __exit__(self, *_: object) -> None:
        self._exits.close()

    @contextmanager
    def _running(self) -> Iterator[Self]:
        variables = {"AWS_DEFAULT_REGION": REGION, **self._variables(self._consumer)}
        # With a checksum in the request, moto would copy the whole body to remove it.
        config = Config(request_checksum_calculation="when_required")
        with (
            mock_aws(),
            _one_request_at_a_time(),
            patch.dict(os.environ, variables),
            closing(boto3.client("s3", REGION, config=config)) as self.s3,
            closing(boto3.client("sqs", REGION)) as self.sqs,
        ):
            self._create_queues()
            self._create_buckets()
            self.functions = {name: self._load(name) for name in self._declared}
            yield self

    def bucket(self, logical: str) -> str:
        """Return the name of a bucket from its logical name."""
        return self.template.physical_name(logical)

    def queue(self, logical: str) -> str:
        """Return the URL of a queue from its logical name."""
        return str(self.template.resolve({"Ref": logical}))

    def invoke(
        self,
        event: dict[str, Any],
        handler: Handler | None = None,
        function: str | None = None,
    ) -> dict[str, Any]:
        """Call a function with an event; return its response.

        Parameters
        ----------
        event : dict
            The event.
        handler : callable, optional
            A handler to call in place of the function's own.
        function : str, optional
            Logical name of the function; the consumer if None.
        """
        name = function or self._consumer
        called = self.functions[name]
        context = SimpleNamespace(
            function_name=self.template.physical_name(name),
            memory_limit_in_mb=self.template.resolve(called.properties["MemorySize"]),
            invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:emulated",
            aws_request_id="00000000-0000-0000-0000-000000000000",
        )
        with self._environment_of(called.variables):
            return (handler or called.handler)(event, context)

    def pump(self) -> None:
        """Call the consumer until no message is visible in its queue."""
        while self.pump_once():
            pass

    def pump_once(self) -> bool:
        """Call the consumer with one batch of messages; return whether there were any.

        The messages are deleted, except those that the response reports as failed. Where the
        consumer raises, all stay in the queue until their visibility timeout has passed.
        """
        event = self.receive()
        if event is None:
            return False
        response = self.invoke(event)
        failed = set()
        if "ReportBatchItemFailures" in self._event_source.get("FunctionResponseTypes", []):
            failed = {item["itemIdentifier"] for item in response["batchItemFailures"]}
        for record in event["Records"]:
            if record["messageId"] not in failed:
                self.sqs.delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=record["receiptHandle"]
                )
        return True

    def receive(self) -> dict[str, Any] | None:
        """Receive a batch of messages; return the consumer's event, or None if there are none."""
        messages = self.sqs.receive_message(
            QueueUrl=self._queue_url,
            MaxNumberOfMessages=self.template.resolve(self._event_source.get("BatchSize", 10)),
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
                    "eventSourceARN": self.template.resolve(self._event_source["Queue"]),
                    "awsRegion": REGION,
                }
                for message in messages
            ]
        }

    def _load(self, name: str) -> Function:
        """Load a function's code, as a new execution environment does."""
        properties = self._declared[name]
        module_name, handler_name = properties["Handler"].rsplit(".", 1)
        path = self.template.path.parent / properties["CodeUri"] / f"{module_name}.py"
        variables = self._variables(name)
        with self._environment_of(variables):
            module = runpy.run_path(str(path))
        return Function(properties, variables, module[handler_name], module)

    def _variables(self, function: str) -> dict[str, str]:
        declared = self.template.resolve(self._declared[function]["Environment"]["Variables"])
        return {name: str(value) for name, value in declared.items()} | self._environment

    @contextmanager
    def _environment_of(self, variables: Mapping[str, str]) -> Iterator[None]:
        """Set a function's variables in ``os.environ``, and remove those of the consumer alone.

        Only variables that differ are changed, because other threads may read the environment:
        ``patch.dict`` would empty it for a moment.
        """
        foreign = self._variables(self._consumer).keys() - variables.keys()
        wanted: dict[str, str | None] = {**variables, **dict.fromkeys(foreign)}
        before = {name: os.environ.get(name) for name in wanted}
        _set_variables(wanted)
        try:
            yield
        finally:
            _set_variables(before)

    def _create_queues(self) -> None:
        queues = self.template.of_type("AWS::SQS::Queue")
        # A dead-letter queue has to exist before the queue that names it.
        for logical in sorted(queues, key=lambda name: "RedrivePolicy" in queues[name]):
            properties = self.template.resolve(queues[logical])
            self.sqs.create_queue(
                QueueName=self.template.physical_name(logical),
                Attributes={
                    name: value if isinstance(value, str) else json.dumps(value)
                    for name, value in properties.items()
                },
            )

    def _create_buckets(self) -> None:
        """Create the buckets with versioning and notifications; moto applies no other property."""
        for logical, declared in self.template.of_type("AWS::S3::Bucket").items():
            name = self.bucket(logical)
            self.s3.create_bucket(
                Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
            if "VersioningConfiguration" in declared:
                self.s3.put_bucket_versioning(
                    Bucket=name, VersioningConfiguration=declared["VersioningConfiguration"]
                )
            if notification := self.template.resolve(declared.get("NotificationConfiguration")):
                queues: Any = [
                    {"QueueArn": item["Queue"], "Events": [item["Event"]]}
                    for item in notification["QueueConfigurations"]
                ]
                self.s3.put_bucket_notification_configuration(
                    Bucket=name, NotificationConfiguration={"QueueConfigurations": queues}
                )


@contextmanager
def _one_request_at_a_time() -> Iterator[None]:
    """Make moto answer one request at a time: its state is not protected against threads.

    ``deepecg serve`` sends requests from the worker's and the server's threads. This patches a
    private method of moto, so pyproject.toml limits moto to versions that were tested.
    """
    process_request = BotocoreStubber.process_request
    lock = threading.RLock()  # a bucket's notification sends a request within a request

    def process_alone(*arguments: Any) -> Any:
        with lock:
            return process_request(*arguments)

    with patch.object(BotocoreStubber, "process_request", process_alone):
        yield


def _set_variables(values: Mapping[str, str | None]) -> None:
    """Set environment variables; remove those whose value is None."""
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        elif os.environ.get(name) != value:
            os.environ[name] = value

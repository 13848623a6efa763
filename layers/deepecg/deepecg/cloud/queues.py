"""The queues and the topic, as the rest of the package sees them: few verbs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepecg.cloud.errors import storage_errors

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_SQS_DELAY_S = 900
"""SQS delays a message no longer."""
SQS_BATCH = 10
"""SQS takes or gives no more messages at once."""


@dataclass(frozen=True)
class Queue:
    """The queue that the function is fed from, or that of the dead letters."""

    sqs: "SQSClient"
    url: str

    def send(self, body: str, delay_s: float) -> None:
        """Send a message that is seen after a delay, at most :data:`MAX_SQS_DELAY_S`."""
        with storage_errors("SendMessage"):
            self.sqs.send_message(
                QueueUrl=self.url,
                MessageBody=body,
                DelaySeconds=min(max(math.ceil(delay_s), 0), MAX_SQS_DELAY_S),
            )

    def retry_in(self, receipt_handle: str, delay_s: int) -> None:
        """Let a message that failed be seen again after a delay."""
        with storage_errors("ChangeMessageVisibility"):
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=delay_s
            )

    def receive(self, hidden_s: int) -> "list[MessageTypeDef]":
        """Return up to ten messages, and hide them for a while; none if the queue is empty."""
        with storage_errors("ReceiveMessage"):
            return self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=SQS_BATCH,
                MessageSystemAttributeNames=["SentTimestamp"],
                VisibilityTimeout=hidden_s,
                WaitTimeSeconds=1,  # asks all of SQS's servers, not some of them
            ).get("Messages", [])

    def show(self, receipt_handles: Sequence[str]) -> None:
        """Let messages that were received be seen again at once."""
        for first in range(0, len(receipt_handles), SQS_BATCH):
            batch = receipt_handles[first : first + SQS_BATCH]
            with storage_errors("ChangeMessageVisibilityBatch"):
                self.sqs.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                        for number, handle in enumerate(batch)
                    ],
                )

    def count(self) -> int:
        """Return how many messages there are, about, hidden ones included."""
        with storage_errors("GetQueueAttributes"):
            attributes = self.sqs.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"]
        return sum(map(int, attributes.values()))


@dataclass(frozen=True)
class Topic:
    """The topic that is told of a report."""

    sns: "SNSClient"
    arn: str

    def publish(self, subject: str, text: str) -> None:
        """Send a message; it must name nobody."""
        with storage_errors("Publish"):
            self.sns.publish(TopicArn=self.arn, Subject=subject, Message=text)

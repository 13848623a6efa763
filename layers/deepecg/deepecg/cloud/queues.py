"""SQS queues and the SNS topic, with errors that contain no message text."""

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
"""Longest delay of a message in seconds that SQS accepts."""
SQS_BATCH = 10
"""Largest number of messages in one request of SQS."""


@dataclass(frozen=True)
class Queue:
    """The queue of the uploads, or the dead-letter queue."""

    sqs: "SQSClient"
    url: str

    def send(self, body: str, delay_s: float) -> None:
        """Send a message with a delay in seconds, which is cut to :data:`MAX_SQS_DELAY_S`."""
        with storage_errors("SendMessage"):
            self.sqs.send_message(
                QueueUrl=self.url,
                MessageBody=body,
                DelaySeconds=min(max(math.ceil(delay_s), 0), MAX_SQS_DELAY_S),
            )

    def retry_in(self, receipt_handle: str, delay_s: int) -> None:
        """Make a message that failed visible again after a delay in seconds."""
        with storage_errors("ChangeMessageVisibility"):
            self.sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt_handle, VisibilityTimeout=delay_s
            )

    def receive(self, hidden_s: int) -> "list[MessageTypeDef]":
        """Return up to ten messages, if there are any, and hide them for a time in seconds."""
        with storage_errors("ReceiveMessage"):
            return self.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=SQS_BATCH,
                MessageSystemAttributeNames=["SentTimestamp"],
                VisibilityTimeout=hidden_s,
                WaitTimeSeconds=1,  # long polling reads from all of SQS's servers
            ).get("Messages", [])

    def show(self, receipt_handles: Sequence[str]) -> None:
        """Make received messages visible again at once."""
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
        """Return the approximate number of messages, hidden ones included."""
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
    """The SNS topic that gets a message about each report."""

    sns: "SNSClient"
    arn: str

    def publish(self, subject: str, text: str) -> None:
        """Publish a message, which must name no patient."""
        with storage_errors("Publish"):
            self.sns.publish(TopicArn=self.arn, Subject=subject, Message=text)

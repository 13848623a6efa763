"""Scores an uploaded Holter recording once it is complete: S3 -> SQS -> here -> results bucket.

The event is never logged, as its keys may contain patients' names.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from deepecg.cloud.error_logging import describe_failure, failure_code, silence_libraries
from deepecg.cloud.errors import StorageError
from deepecg.cloud.settings import IngestSettings
from deepecg.cloud.upload_messages import UploadIngest

logger = Logger()
metrics = Metrics()
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
silence_libraries()


@cache
def ingest() -> UploadIngest:
    """Return the ingest that all messages of this execution environment share."""
    return UploadIngest.connect(IngestSettings.from_environment(os.environ))


def handle_message(record: SQSRecord) -> None:
    """Handle one message; raise if it should be retried."""
    metrics.add_metric("Messages", MetricUnit.Count, 1)
    attributes = record.attributes
    try:
        received_s = int(attributes.approximate_first_receive_timestamp) / 1000
        for outcome in ingest().handle(record.body, datetime.fromtimestamp(received_s, UTC)):
            logger.info(outcome.action, recording_id=outcome.recording_id, code=outcome.code)
            count(outcome.action, outcome.code)
    except Exception as error:
        logger.error("failed", message_id=record.message_id, **describe_failure(error))
        count("failed", type(error).__name__)
        times_received = int(attributes.approximate_receive_count)
        with suppress(StorageError):
            ingest().retry_later(record.receipt_handle, times_received)
        if times_received >= ingest().settings.max_receives:
            with suppress(Exception):  # best effort: the nightly report also reads the dead letter
                ingest().note_failed(record.body, failure_code(error))
        raise


def count(outcome: str, code: str | None) -> None:
    """Count an outcome by its rejection or failure code."""
    with single_metric("Outcomes", MetricUnit.Count, 1) as metric:
        metric.add_dimension("outcome", outcome)
        metric.add_dimension("code", code or "none")


@logger.inject_lambda_context(log_event=False)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of messages; return those to be retried."""
    return process_partial_response(
        event=event, record_handler=handle_message, processor=processor, context=context
    )

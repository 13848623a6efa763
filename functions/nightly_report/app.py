"""Makes the nightly report: every morning on the day before, or on the date in the event."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from deepecg.cloud.error_logging import describe_failure, silence_libraries
from deepecg.cloud.nightly_report import NightlyReport
from deepecg.cloud.settings import NightlyReportSettings

logger = Logger()
silence_libraries()


@cache
def nightly_report() -> NightlyReport:
    """Return the object that all calls of this execution environment share."""
    return NightlyReport.connect(NightlyReportSettings.from_environment(os.environ))


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Write the report; return its date, the outcomes of its uploads, and the queued messages."""
    try:
        reported = nightly_report().report(event)
    except Exception as error:
        logger.error("failed", **describe_failure(error))
        raise
    night = reported.night.isoformat()
    logger.info(
        "reported",
        date=night,
        dead_letters_in_queue=reported.dead_letters_in_queue,
        queued_messages=reported.queued_messages,
        outcomes=reported.outcomes,
    )
    return {
        "date": night,
        "outcomes": reported.outcomes,
        "queued_messages_count": reported.queued_messages,
    }

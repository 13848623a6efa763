"""Answers HTTP requests: API Gateway -> here; ``deepecg serve`` runs the same ``app``.

Events and requests are never logged: bodies contain signals, and paths may contain names.
"""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from mangum import Mangum

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.app import create_app
from deepecg.cloud.error_logging import silence_libraries
from deepecg.cloud.settings import ApiSettings

logger = Logger()
silence_libraries()
app = create_app(Services.connect(ApiSettings.from_environment(os.environ)), logger)
adapter = Mangum(app, lifespan="off")


@logger.inject_lambda_context(log_event=False)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request."""
    answer: dict[str, Any] = adapter(event, context)  # type: ignore[arg-type]
    return answer

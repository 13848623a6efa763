"""The API beside the embedded cloud: announce a recording, send it as a browser does."""

import io
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from asgi_client import Caller
from integration.aws_with_clock_and_faults import MODEL, RESULTS, UPLOADS, Cloud
from moto.server import create_backend_app
from recorded_log import LogLines
from werkzeug.test import Client

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.app import create_app
from deepecg.cloud.settings import ApiSettings

EMBEDDED_S3 = "/embedded-s3"


class Api(Caller):
    """Calls the API, and sends forms to the embedded S3.

    Attributes
    ----------
    cloud : Cloud
        What the API stands in front of.
    log : LogLines
        What the API logs.
    services : Services
        What the API works with.
    """

    def __init__(self, cloud: Cloud) -> None:
        settings = ApiSettings(
            UPLOADS,
            RESULTS,
            Path(MODEL),
            ZoneInfo("Europe/Berlin"),
            "none",
            public_s3_endpoint=EMBEDDED_S3,
        )
        self.cloud = cloud
        self.log = LogLines()
        self.services = Services.connect(settings)
        self._s3 = Client(create_backend_app("s3"))
        super().__init__(create_app(self.services, self.log))

    def announce(self, files: dict[str, bytes]) -> dict[str, Any]:
        """Announce files, the main one first; return the answer."""
        main, *parts = ({"name": name, "size_bytes": len(body)} for name, body in files.items())
        answer = self.post("/v1/recordings", {"main": main, "parts": parts})
        assert answer.status_code == 201, answer.text
        announced: dict[str, Any] = answer.json()
        return announced

    def send(self, form: dict[str, Any], body: bytes, name: str = "file") -> None:
        """Send a file with its form."""
        _, path = form["url"].split(EMBEDDED_S3)
        data = {**form["fields"], "file": (io.BytesIO(body), name)}
        answer = self._s3.post(path, data=data)
        assert answer.status_code == 204, answer.text

    def fetch(self, url: str) -> Any:
        """Return the embedded S3's answer to a presigned address."""
        _, path = url.split(EMBEDDED_S3)
        return self._s3.get(path)

    def status(self, recording_id: str) -> dict[str, Any]:
        answer = self.get(f"/v1/recordings/{recording_id}")
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def code(self, method: str, path: str, **arguments: Any) -> tuple[int, str]:
        """Return status and code of a problem."""
        answer = self(method, path, **arguments)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"]

"""Uses a running API like a browser."""

import time
from typing import Any

import httpx

SCORE_S = 120


class Served:
    """A client of a running service.

    Attributes
    ----------
    client : httpx.Client
        Client with the service's base URL.
    """

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def announce(self, *files: tuple[str, int]) -> dict[str, Any]:
        main, *parts = ({"name": name, "size_bytes": size} for name, size in files)
        answer = self.client.post("/v1/recordings", json={"main": main, "parts": parts})
        assert answer.status_code == 201, answer.text
        announced: dict[str, Any] = answer.json()
        return announced

    def send(self, form: dict[str, Any], body: bytes, **fields: str) -> httpx.Response:
        """Send a file like a browser's form; ``fields`` replace fields of the form."""
        return self.client.post(
            form["url"], data={**form["fields"], **fields}, files={"file": ("x", body)}
        )

    def outcome(self, status_url: str) -> dict[str, Any]:
        """Wait for the final status of a recording and return it."""
        give_up_s = time.monotonic() + SCORE_S
        while time.monotonic() < give_up_s:
            status: dict[str, Any] = self.client.get(status_url).json()
            if status["status"] != "waiting":
                return status
            time.sleep(0.2)
        raise TimeoutError(f"still {status}")

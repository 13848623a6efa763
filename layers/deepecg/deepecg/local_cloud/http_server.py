"""Runs the API's application in uvicorn, with the emulated AWS or a real one behind it."""

import logging
import os
import runpy
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from unittest.mock import patch

import uvicorn
from botocore.credentials import Credentials
from starlette.types import ASGIApp

from deepecg import __version__
from deepecg.beats.model_card import model_folder
from deepecg.errors import SettingsError
from deepecg.local_cloud.background_worker import Worker
from deepecg.local_cloud.emulated_aws import EmulatedAws
from deepecg.local_cloud.presigned_requests import Signer
from deepecg.local_cloud.s3_endpoint import S3Endpoint
from deepecg.local_cloud.sam_template import REGION, template_path
from deepecg.outputs.advisory import ADVISORY

API_FUNCTION = "ApiFunction"
S3_PATH = "/embedded-s3"
"""Path of the emulated S3 on the service's host."""
SHUTDOWN_REQUESTS_S = 3
"""Time for running requests to end at shutdown."""
SHUTDOWN_WORKER_S = 1.0
"""Time for the worker to end at shutdown: short, because its results are lost anyway."""


def serve(host: str, port: int, *, aws: bool = False) -> None:
    """Serve until SIGINT or SIGTERM; call it inside of ``shutdown_on_signals``.

    Parameters
    ----------
    host, port : str, int
        Address to listen on; port 0 means any free port.
    aws : bool
        Use the buckets named by environment variables instead of the emulated AWS.

    Raises
    ------
    SettingsError
        If the address is not available, or a variable is missing.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if aws and not _is_loopback(host):
        raise SettingsError(
            f"found --aws with --host {host}, expected 127.0.0.1: the service does not "
            "authenticate anybody, so it must not open your buckets to a network"
        )
    with _listen(host, port) as listener, ExitStack() as exits:
        app = _app_on_aws() if aws else exits.enter_context(_emulated_app())
        print(_greeting(listener, aws=aws), flush=True)
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,  # the application's own log contains no paths
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=SHUTDOWN_REQUESTS_S,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _app_on_aws() -> ASGIApp:
    """Return the API's application, configured by environment variables as in Lambda.

    Raises
    ------
    SettingsError
        If a variable is missing.
    """
    os.environ.setdefault("DEEPECG_MODEL_FOLDER", str(model_folder()))
    # API Gateway, which authorises requests, is not in front of the application.
    os.environ.update(
        DEEPECG_AUTHORISATION="none",
        DEEPECG_JWT_ISSUER="",
        DEEPECG_JWT_AUDIENCE="",
        DEEPECG_PUBLIC_S3_ENDPOINT="",
    )
    code = template_path().parent / "functions" / "api" / "app.py"
    app: ASGIApp = runpy.run_path(str(code))["app"]
    return app


@contextmanager
def _emulated_app() -> Iterator[ASGIApp]:
    """Start the emulated AWS and its worker; yield the API's application with S3 beside it."""
    environment = {
        "DEEPECG_MODEL_FOLDER": str(model_folder()),
        "DEEPECG_AUTHORISATION": "none",
        "DEEPECG_PUBLIC_S3_ENDPOINT": S3_PATH,
        "DEEPECG_PAGE_ADDRESS": "/",
    }
    with (
        # Temporary files are deleted at the end, also those of a recording still being scored.
        tempfile.TemporaryDirectory(prefix="deepecg-", ignore_cleanup_errors=True) as folder,
        patch.object(tempfile, "tempdir", folder),
        ExitStack() as exits,
    ):
        cloud = exits.enter_context(EmulatedAws(template_path(), environment))
        app = cloud.functions[API_FUNCTION].module["app"]
        # The credentials of moto, which the API signs with.
        credentials = Credentials(
            os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
        )
        worker = Worker(cloud)
        worker.start()
        try:
            yield S3Endpoint(cloud.s3, Signer(credentials, REGION), S3_PATH, app)
        finally:
            if not worker.stop(SHUTDOWN_WORKER_S):
                # The worker ends with the process. Until then moto must stay active, or the
                # worker's requests would go to AWS.
                exits.pop_all()


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address.

    Raises
    ------
    SettingsError
        If another process listens on it, or the address is not one of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]
        raise SettingsError(
            f"cannot listen on {host}, port {port}: {why} (--port sets another)"
        ) from error


def _greeting(listener: socket.socket, *, aws: bool) -> str:
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:  # "all addresses" cannot be opened in a browser
        host = "localhost"
    place = f"[{host}]" if ":" in host else host
    storage = (
        "It uses the buckets named by your environment; recordings are scored by AWS Lambda there."
        if aws
        else "AWS is emulated in this process: uploads and results are deleted when it ends."
    )
    return f"""Deep-ECG {__version__}: http://{place}:{port}   (API: /docs; Ctrl-C ends it)
{storage} There is no sign-in.
{ADVISORY}"""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

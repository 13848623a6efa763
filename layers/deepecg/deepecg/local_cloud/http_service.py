"""``deepecg serve``: the API's own application behind uvicorn, with the embedded cloud or AWS."""

import logging
import os
import runpy
import socket
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

import boto3
import uvicorn
from botocore.config import Config
from botocore.credentials import Credentials
from starlette.types import ASGIApp, Receive, Scope, Send

from deepecg import __version__
from deepecg.beats.model_card import model_folder
from deepecg.errors import SettingsError
from deepecg.local_cloud.browser_s3 import EmbeddedStorage
from deepecg.local_cloud.moto_cloud import REGION, EmbeddedCloud
from deepecg.local_cloud.queue_worker import Worker
from deepecg.local_cloud.signature_v4 import Signer
from deepecg.local_cloud.template_location import TEMPLATE, stack_folder
from deepecg.outputs.advisory import ADVISORY

API_FUNCTION = "ApiFunction"
STORAGE_PATH = "/embedded-s3"
BACKLOG = 128
END_REQUESTS_S = 3
"""How long requests may go on when the service is told to end..."""
END_WORK_S = 1.0
"""...and the worker: what it scores is lost anyway."""


def serve(host: str, port: int, *, aws: bool = False) -> None:
    """Serve until a signal ends it: inside of ``ending_on_signals``.

    Parameters
    ----------
    host, port : str, int
        Where to listen; port 0 is any that is free.
    aws : bool
        Use the buckets that the environment names, and not the embedded cloud.

    Raises
    ------
    SettingsError
        If that cannot be listened on, or a variable is missing.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    if aws and not _is_loopback(host):
        raise SettingsError(
            "found --aws with another host than this machine, expected 127.0.0.1: "
            "nobody is asked who they are"
        )
    with _listening(host, port) as listener, ExitStack() as exits:
        app = _app_on_aws() if aws else exits.enter_context(_embedded_app())
        print(_greeting(listener, aws=aws), flush=True)
        config = uvicorn.Config(
            app,
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,  # the application has a log of its own, without paths
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=END_REQUESTS_S,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _app_on_aws() -> ASGIApp:
    """Return the API's application with the settings of the environment, as in Lambda.

    Raises
    ------
    SettingsError
        If one is missing.
    """
    os.environ.setdefault("DEEPECG_MODEL_FOLDER", str(model_folder()))
    # API Gateway, which would ask, is not in front of it.
    os.environ.update(
        DEEPECG_AUTHORISATION="none",
        DEEPECG_JWT_ISSUER="",
        DEEPECG_JWT_AUDIENCE="",
        DEEPECG_PUBLIC_S3_ENDPOINT="",
    )
    code = stack_folder() / "functions" / "api" / "app.py"
    app: ASGIApp = runpy.run_path(str(code))["app"]
    return app


@contextmanager
def _embedded_app() -> Iterator[ASGIApp]:
    """Open the embedded cloud and its worker; give the API's application and the storage."""
    environment = {
        "DEEPECG_MODEL_FOLDER": str(model_folder()),
        "DEEPECG_AUTHORISATION": "none",
        "DEEPECG_PUBLIC_S3_ENDPOINT": STORAGE_PATH,
        "DEEPECG_PAGE_ADDRESS": "/",
    }
    with _own_temporary_folder(), ExitStack() as exits:
        cloud = exits.enter_context(EmbeddedCloud(stack_folder() / TEMPLATE, environment))
        app = cloud.functions[API_FUNCTION].module.app
        storage = _storage()
        worker = Worker(cloud)

        async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
            owner = storage if storage.owns(scope["path"]) else app
            await owner(scope, receive, send)

        worker.start()
        try:
            yield dispatch
        finally:
            if not worker.stop(END_WORK_S):
                # It ends with the process. Until then its requests must not leave for AWS.
                exits.pop_all()


def _storage() -> EmbeddedStorage:
    """Return the embedded cloud's S3, for what is signed with its credentials."""
    # A checksum would be computed and sent along, and moto would copy the body to take it off.
    s3 = boto3.client("s3", REGION, config=Config(request_checksum_calculation="when_required"))
    credentials = boto3.Session().get_credentials()
    assert isinstance(credentials, Credentials)  # mock_aws has set some
    return EmbeddedStorage(s3, Signer(credentials, REGION), STORAGE_PATH)


@contextmanager
def _own_temporary_folder() -> Iterator[None]:
    """Have temporary files, recordings among them, deleted even where work is not finished."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="deepecg-", ignore_cleanup_errors=True) as folder:
        tempfile.tempdir = folder
        try:
            yield
        finally:
            tempfile.tempdir = before


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """Listen on an address.

    Raises
    ------
    SettingsError
        If another does so already, or it is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        why = str(error.strerror).partition(" (while")[0]
        raise SettingsError(
            f"cannot listen on {host}, port {port}: {why} (--port sets another)"
        ) from error
    with listener:
        yield listener


def _greeting(listener: socket.socket, *, aws: bool) -> str:
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:  # every address of this machine, and none to go to
        host = "localhost"
    place = f"[{host}]" if ":" in host else host
    kept = (
        "Uploads and results are in the buckets that the environment names; scoring is done there."
        if aws
        else "Uploads and results are kept by this process alone, and gone when it ends."
    )
    return f"""Deep-ECG {__version__}: http://{place}:{port}   (API: /docs; Ctrl-C ends it)
{kept} Nobody is asked who they are.
{ADVISORY}"""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""The subcommand ``deepecg serve``, which the command line finds by its entry point.

The optional packages that it needs are imported when it runs.
"""

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from deepecg.errors import SettingsError

DEFAULT_HOST = "127.0.0.1"
"""Only this machine by default, because the service does not authenticate anybody."""
DEFAULT_PORT = 8000
MAX_PORT = 65_535


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand to the command line."""
    serve = commands.add_parser(
        "serve",
        help="upload page and HTTP API on this machine",
        description="Upload page and HTTP API on this machine, with AWS emulated in the process: "
        "uploads and results are deleted when it ends.",
    )
    serve.set_defaults(run=run)
    serve.add_argument(
        "--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)"
    )
    serve.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port to listen on; 0 for any free port (default: %(default)s)",
    )
    serve.add_argument(
        "--aws",
        action="store_true",
        help="use the buckets named by DEEPECG_UPLOADS_BUCKET and DEEPECG_RESULTS_BUCKET with your "
        "AWS credentials, instead of the emulated AWS",
    )


def run(given: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status.

    Raises
    ------
    SettingsError
        If packages are missing, the address is not available, or a variable is missing.
    """
    with shutdown_on_signals():
        try:
            from deepecg.local_cloud.http_server import serve  # noqa: PLC0415  (slow)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("deepecg"):
                raise
            raise SettingsError(
                f"found no package {error.name}; install it by: pip install 'deepecg[serve]'"
            ) from error
        serve(given.host, given.port, aws=given.aws)
    return 0


def _port(text: str) -> int:
    """Parse a port number."""
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"expected 0 to {MAX_PORT}")
    return int(text)


@contextmanager
def shutdown_on_signals() -> Iterator[None]:
    """Leave the block without an error on SIGINT or SIGTERM; cleanup code in it runs.

    uvicorn replaces the handlers while it runs, and raises the signal again when it has ended.
    """
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.default_int_handler) for number in signals}
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

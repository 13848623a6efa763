"""The subcommand ``serve``, as the command line finds it: by the entry point in pyproject.toml.

What it needs beside the package's own dependencies is imported when it runs.
"""

import argparse

from deepecg.errors import SettingsError
from deepecg.local_cloud.shutdown_signals import ending_on_signals

DEFAULT_HOST = "127.0.0.1"
"""Nobody is asked who they are, so nobody else is let in unless one asks for it."""
DEFAULT_PORT = 8000
MAX_PORT = 65_535


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand to the command line's."""
    serve = commands.add_parser(
        "serve",
        help="page and HTTP API on this machine",
        description="Page and HTTP API on this machine, with a cloud embedded in the process: "
        "uploads and results are gone when it ends.",
    )
    serve.set_defaults(run=run)
    serve.add_argument(
        "--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)"
    )
    serve.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port to listen on; 0 for any that is free (default: %(default)s)",
    )
    serve.add_argument(
        "--aws",
        action="store_true",
        help="the buckets that DEEPECG_UPLOADS_BUCKET and DEEPECG_RESULTS_BUCKET name, with your "
        "own AWS credentials, instead of the embedded cloud",
    )


def run(given: argparse.Namespace) -> int:
    """Serve until told to end; return the exit status.

    Raises
    ------
    SettingsError
        If packages are missing, the address cannot be listened on, or a variable is missing.
    """
    with ending_on_signals():
        try:
            from deepecg.local_cloud.http_service import serve  # noqa: PLC0415  (takes seconds)
        except ModuleNotFoundError as error:
            if (error.name or "").startswith("deepecg"):
                raise
            raise SettingsError(
                f"found no package {error.name}, expected those of: pip install 'deepecg[serve]'"
            ) from error
        serve(given.host, given.port, aws=given.aws)
    return 0


def _port(text: str) -> int:
    """Return a port's number."""
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"expected 0 to {MAX_PORT}")
    return port

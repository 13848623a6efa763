"""Calls Docker's command line."""

import subprocess


def docker(*arguments: str, status: int = 0) -> str:
    """Run a command, which must end with this status; return all that it printed."""
    done = subprocess.run(
        ["docker", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout.strip()

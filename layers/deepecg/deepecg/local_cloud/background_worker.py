"""Runs what AWS triggers by itself: scoring of queued uploads, and nightly reports."""

import logging
import threading
from collections import defaultdict
from pathlib import PurePosixPath

from deepecg.cloud.error_logging import describe_failure
from deepecg.cloud.s3_keys import NIGHTS_PREFIX
from deepecg.local_cloud.emulated_aws import EmulatedAws

NIGHTLY_FUNCTION = "NightlyReportFunction"
IDLE_S = 0.2
"""Time between two polls of an empty queue: not noticeable, and next to no load."""
AFTER_FAILURE_S = 5.0
"""Time from an unexpected error to the next poll: long enough not to flood the log."""

log = logging.getLogger(__name__)


class Worker:
    """Processes the queue of an emulated AWS in a thread.

    Parameters
    ----------
    cloud : EmulatedAws
        The cloud; only this thread may call its functions.
    """

    def __init__(self, cloud: EmulatedAws) -> None:
        self.cloud = cloud
        self._stopping = threading.Event()
        # A daemon thread: the service does not wait for a long recording when it ends.
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._reported: dict[str, set[str]] = {}
        self._has_scored = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Stop after the present batch; return whether the thread ended within the time."""
        self._stopping.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause_s = IDLE_S
        while not self._stopping.wait(pause_s):
            try:
                self._work()
                pause_s = IDLE_S
            except Exception as error:
                log.error("the worker failed and continues: %s", describe_failure(error))
                pause_s = AFTER_FAILURE_S

    def _work(self) -> None:
        """Score until the queue is empty, then update the reports of the nights that changed."""
        while not self._stopping.is_set() and self.cloud.pump_once():
            self._has_scored = True
        if self._has_scored and not self._stopping.is_set():
            self.update_reports()
            self._has_scored = False

    def update_reports(self) -> None:
        """Write the reports of the nights whose entries have changed since the last call."""
        found: dict[str, set[str]] = defaultdict(set)
        pages = self.cloud.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.cloud.bucket("ResultsBucket"), Prefix=NIGHTS_PREFIX
        )
        for page in pages:
            for item in page.get("Contents", []):
                folder = PurePosixPath(item["Key"]).parent.name
                if folder[0].isdigit():  # a date; the prefix also holds unfinished uploads
                    found[folder].add(item["Key"] + item["ETag"])
        for night, entries in found.items():
            if self._reported.get(night) != entries:
                self.cloud.invoke({"date": night}, function=NIGHTLY_FUNCTION)
                self._reported[night] = entries

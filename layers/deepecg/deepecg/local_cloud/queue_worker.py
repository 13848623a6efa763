"""What Lambda does on its own in AWS: feeds the scoring function, and has nights reported on."""

import logging
import threading
from collections import defaultdict
from pathlib import PurePosixPath

from deepecg.cloud.error_logging import describe_failure
from deepecg.cloud.s3_keys import NIGHTS_PREFIX
from deepecg.local_cloud.moto_cloud import EmbeddedCloud

NIGHTLY_FUNCTION = "NightlyReportFunction"
IDLE_S = 0.2
"""Between two looks into an empty queue: less than one notices, and no work to speak of."""
AFTER_FAILURE_S = 5.0

log = logging.getLogger(__name__)


class Worker:
    """Works off the queue of an embedded cloud, in a thread of its own.

    Parameters
    ----------
    cloud : EmbeddedCloud
        Its functions are called by this thread alone.
    """

    def __init__(self, cloud: EmbeddedCloud) -> None:
        self.cloud = cloud
        self._stopping = threading.Event()
        # A daemon: a recording of days is not waited for when the service ends.
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._reported: dict[str, frozenset[str]] = {}
        self._has_news = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End after what is being done now; return whether that was within the time given."""
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
                log.error("the worker failed, and goes on: %s", describe_failure(error))
                pause_s = AFTER_FAILURE_S

    def _work(self) -> None:
        """Feed the function until the queue is empty, then report on the nights that changed."""
        while not self._stopping.is_set() and self.cloud.pump_once():
            self._has_news = True
        if self._has_news and not self._stopping.is_set():
            self._report()
            self._has_news = False

    def _report(self) -> None:
        for night, entries in self._nights().items():
            if self._reported.get(night) != entries:
                self.cloud.invoke({"date": night}, function=NIGHTLY_FUNCTION)
                self._reported[night] = entries

    def _nights(self) -> dict[str, frozenset[str]]:
        """Return every date with what identifies the versions of its entries."""
        found: dict[str, set[str]] = defaultdict(set)
        pages = self.cloud.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.cloud.bucket("ResultsBucket"), Prefix=NIGHTS_PREFIX
        )
        for page in pages:
            for item in page.get("Contents", []):
                folder = PurePosixPath(item["Key"]).parent.name
                if folder[0].isdigit():  # and not where unfinished uploads are noted
                    found[folder].add(item["Key"] + item["ETag"])
        return {night: frozenset(entries) for night, entries in found.items()}

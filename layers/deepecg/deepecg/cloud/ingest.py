"""What to do with each message: score, reject, or wait for the parts that are not there yet."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

import boto3
from botocore.config import Config

from deepecg.beats.classifier import BeatClassifier
from deepecg.cloud.incomplete_uploads import note_waiting, stop_waiting
from deepecg.cloud.night_entries import Entries
from deepecg.cloud.queue_messages import Recheck, Uploaded, parse_message
from deepecg.cloud.queues import Queue
from deepecg.cloud.s3_buckets import Results, Uploads
from deepecg.cloud.s3_keys import waiting_key
from deepecg.cloud.score_upload import Outcome, reject, result_keys, score_upload
from deepecg.cloud.settings import CloudSettings
from deepecg.cloud.upload_parts import Upload, find_upload
from deepecg.cloud.upload_settings_files import find_recordings, is_study
from deepecg.errors import MissingPartError
from deepecg.outputs.recording_id import recording_id
from deepecg.units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

AWS_CLIENT = Config(
    retries={"mode": "standard", "total_max_attempts": 4}, connect_timeout=5, read_timeout=60
)
FIRST_RETRY_S = 30
"""A message that failed is seen again after this, the next time after twice this, and so on."""
MAX_RETRY_S = 900


@dataclass(frozen=True)
class Intake:
    """Everything a message needs, made once for each execution environment.

    Attributes
    ----------
    settings : CloudSettings
        Where results go and how long parts are waited for.
    s3 : S3Client
        For the uploads, in the bucket that the message names, and the results.
    queue : Queue
        Where re-checks are sent.
    """

    settings: CloudSettings
    s3: "S3Client" = field(repr=False)
    queue: Queue = field(repr=False)

    @classmethod
    def connect(cls, settings: CloudSettings) -> Self:
        """Return an intake with clients of its own."""
        s3 = boto3.client("s3", config=AWS_CLIENT)
        return cls(settings, s3, Queue(boto3.client("sqs", config=AWS_CLIENT), settings.queue_url))

    @cached_property
    def results(self) -> Results:
        """The results bucket."""
        return Results(self.s3, self.settings.results_bucket)

    @cached_property
    def entries(self) -> Entries:
        """The night entries, in the results bucket."""
        return Entries(self.results, self.settings.time_zone)

    @cached_property
    def classifier(self) -> BeatClassifier:
        """The model, loaded when the first recording asks for it."""
        return BeatClassifier.load(self.settings.model_folder)

    def handle(self, body: str, received: datetime) -> Iterator[Outcome]:
        """Do what a message asks for.

        Parameters
        ----------
        body : str
            Of the message.
        received : datetime
            When it was received first, by the queue's clock.

        Yields
        ------
        Outcome
            What came of each object that the message names; in place of a study file, of each
            recording that it is for.

        Raises
        ------
        UnknownMessageError
            If the message cannot be read.
        StorageError
            If S3 or SQS fails; the message should be tried again.
        """
        for request in parse_message(body):
            found = self._uploads_of(request)
            if not found:
                yield Outcome("nothing_to_do", recording_id(request.key))
            for each in found:
                yield self._handle(each, received)

    def retry_later(self, receipt_handle: str, times_received: int) -> None:
        """Have a failed message seen again soon, later each time.

        Without this it would be seen after the queue's visibility timeout, which is as long as
        a whole batch may take: an hour and a half.
        """
        delay_s = min(FIRST_RETRY_S * 2 ** (times_received - 1), MAX_RETRY_S)
        self.queue.retry_in(receipt_handle, delay_s)

    def note_failed(self, body: str, code: str) -> None:
        """Note that what a message names was not scored, and that the message is given up.

        Parameters
        ----------
        body : str
            Of the message.
        code : str
            Kind of the failure; nothing about the recording.
        """
        for request in parse_message(body):
            for each in self._uploads_of(request):
                upload = find_upload(Uploads(self.s3, each.bucket), each.key)
                if upload is not None:
                    self.entries.note(upload, "failed", code)

    def _uploads_of(self, request: Uploaded | Recheck) -> list[Uploaded | Recheck]:
        """Return what is to be looked at: of a study file, the recordings that it is for."""
        if not is_study(request.key):
            return [request]
        keys = find_recordings(Uploads(self.s3, request.bucket), request.key)
        return [Uploaded(request.bucket, key) for key in keys]

    def _handle(self, request: Uploaded | Recheck, received: datetime) -> Outcome:
        uploads = Uploads(self.s3, request.bucket)
        upload = find_upload(uploads, request.key)
        if upload is None or upload.key != request.key:
            # The object is gone, or has turned out to be a part: it is not waited for itself.
            stop_waiting(recording_id(request.key), self.entries)
        if upload is None:
            return Outcome("nothing_to_do", recording_id(request.key))
        if upload.n_missing == 0 or upload.refusal is not None:
            return score_upload(upload, uploads, self.entries, self.classifier)
        if isinstance(request, Recheck) and upload.key == request.key:
            return self._wait_on(upload, uploads, request, received)
        return self._wait(upload, request.bucket, received)

    def _wait(self, upload: Upload, bucket: str, now: datetime) -> Outcome:
        """Start to wait for an incomplete upload, or go on, unless it was given up as it is."""
        keys = result_keys(upload, self.classifier.version)
        if self.results.exists(keys.rejection):
            self.entries.note_result(upload, keys.rejection)
            stop_waiting(upload.id, self.entries, self.entries.night(upload.uploaded_at))
            return Outcome("repeated", upload.id, MissingPartError.code)
        waiting = self.results.read(waiting_key(upload.id))
        until = datetime.fromisoformat(waiting["waiting_until"]) if waiting else now
        if until <= now:
            until = now + self.settings.wait_for_parts
            self._recheck_later(Recheck(bucket, upload.key, until), now)
        note_waiting(upload, until, self.entries)
        return Outcome("waiting", upload.id)

    def _wait_on(
        self, upload: Upload, uploads: Uploads, recheck: Recheck, now: datetime
    ) -> Outcome:
        """Look again at an upload that is still incomplete: give it up, or go on waiting."""
        if not self.results.exists(waiting_key(upload.id)):
            return Outcome("nothing_to_do", upload.id)
        if now < recheck.waiting_until:
            self._recheck_later(recheck, now)
            note_waiting(upload, recheck.waiting_until, self.entries)
            return Outcome("waiting", upload.id)
        minutes = self.settings.wait_for_parts.total_seconds() / SECONDS_PER_MINUTE
        refusal = MissingPartError(
            f"found {len(upload.parts)} of {len(upload.parts) + upload.n_missing} files, "
            f"expected the others within {minutes:g} minutes"
        )
        keys = result_keys(upload, self.classifier.version)
        return reject(upload, uploads, self.entries, keys, refusal)

    def _recheck_later(self, recheck: Recheck, now: datetime) -> None:
        # Sent before the waiting is noted: whoever finds the note can count on the re-check.
        self.queue.send(recheck.to_body(), (recheck.waiting_until - now).total_seconds())

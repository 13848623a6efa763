"""Handles each message about an upload: scores it, rejects it, or waits for its missing parts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Self

from deepecg.beats.classifier import BeatClassifier
from deepecg.cloud.aws_clients import s3_client, sqs_client
from deepecg.cloud.folder_listing import FolderListing
from deepecg.cloud.night_entries import NightEntries
from deepecg.cloud.queue_messages import ObjectCreated, Recheck, parse_message
from deepecg.cloud.queues import Queue
from deepecg.cloud.s3_buckets import Results, Uploads, folder_of
from deepecg.cloud.s3_keys import UPLOAD_KEYS_PREFIX, waiting_key
from deepecg.cloud.score_upload import MessageOutcome, reject, result_folder, score_upload
from deepecg.cloud.settings import IngestSettings
from deepecg.cloud.upload_own_files import own_suffix, recordings_of_file
from deepecg.cloud.upload_parts import Upload, find_upload
from deepecg.cloud.upload_settings_files import is_settings_file
from deepecg.errors import MissingPartError
from deepecg.outputs.file_names import REJECTION_FILE
from deepecg.outputs.recording_id import recording_id
from deepecg.time_units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FIRST_RETRY_S = 30
"""Seconds until a message that failed is received again; doubled for every further failure."""
MAX_RETRY_S = 900
"""Longest of these delays in seconds."""


@dataclass(frozen=True)
class UploadIngest:
    """Handles messages about uploads; made once for each execution environment.

    Attributes
    ----------
    settings : IngestSettings
        The function's settings.
    s3 : S3Client
        Client for the uploads bucket, which the message names, and the results bucket.
    queue : Queue
        The queue that re-checks are sent to.
    """

    settings: IngestSettings
    s3: "S3Client" = field(repr=False)
    queue: Queue = field(repr=False)
    _uploads: dict[str, Uploads] = field(default_factory=dict, repr=False)

    @classmethod
    def connect(cls, settings: IngestSettings) -> Self:
        """Return one with clients of its own."""
        return cls(settings, s3_client(), Queue(sqs_client(), settings.queue_url))

    @cached_property
    def results(self) -> Results:
        """The results bucket."""
        return Results(self.s3, self.settings.results_bucket)

    @cached_property
    def entries(self) -> NightEntries:
        """The night entries, in the results bucket."""
        return NightEntries(self.results, self.settings.time_zone)

    @cached_property
    def classifier(self) -> BeatClassifier:
        """The model, loaded at first use."""
        return BeatClassifier.load(self.settings.model_folder)

    def handle(self, body: str, received: datetime) -> Iterator[MessageOutcome]:
        """Handle a message.

        Parameters
        ----------
        body : str
            Body of the message.
        received : datetime
            Time at which it was received first, by the queue's clock.

        Yields
        ------
        MessageOutcome
            The outcome for each object that the message names; for a settings file, review or
            diary, the outcome for each recording that it is for.

        Raises
        ------
        UnknownMessageError
            If the message cannot be read.
        StorageError
            If S3 or SQS fails; the message should be retried.
        """
        for request in parse_message(body):
            listing = self._listing(request)
            requests = _requests_for_recordings(listing, request)
            if not requests:
                yield MessageOutcome("nothing_to_do", recording_id(request.key))
            for each in requests:
                yield self._handle(each, listing, received)

    def retry_later(self, receipt_handle: str, times_received: int) -> None:
        """Make a failed message visible again after a delay that doubles with each failure.

        Without this it would stay hidden for the queue's visibility timeout of an hour and a half,
        which allows for a whole batch.
        """
        delay_s = min(FIRST_RETRY_S * 2 ** (times_received - 1), MAX_RETRY_S)
        self.queue.retry_in(receipt_handle, delay_s)

    def note_failed(self, body: str, code: str) -> None:
        """Write entries that say that scoring failed, as the message becomes a dead letter.

        Parameters
        ----------
        body : str
            Body of the message.
        code : str
            Kind of the failure, which must not describe the recording.
        """
        for request in parse_message(body):
            listing = self._listing(request)
            for each in _requests_for_recordings(listing, request):
                upload = find_upload(listing, each.key)
                if upload is not None:
                    self.entries.write_unfinished(upload, "failed", code)

    def _listing(self, request: ObjectCreated | Recheck) -> FolderListing:
        uploads = self._uploads.setdefault(request.bucket, Uploads(self.s3, request.bucket))
        return FolderListing(uploads, folder_of(request.key))

    def _handle(
        self, request: ObjectCreated | Recheck, listing: FolderListing, received: datetime
    ) -> MessageOutcome:
        upload = find_upload(listing, request.key)
        if upload is None or upload.key != request.key:
            # The object is gone, or is a part: it has no result of its own.
            self.entries.finish(recording_id(request.key))
        if upload is None:
            return MessageOutcome("nothing_to_do", recording_id(request.key))
        if upload.n_missing == 0 or upload.refusal is not None:
            return score_upload(upload, listing.uploads, self.entries, self.classifier)
        if isinstance(request, Recheck) and upload.key == request.key:
            return self._recheck(upload, listing.uploads, request, received)
        return self._wait(upload, request.bucket, received)

    def _wait(self, upload: Upload, bucket: str, now: datetime) -> MessageOutcome:
        """Wait for missing parts, unless the upload was rejected with the same parts missing."""
        rejection = result_folder(upload, self.classifier.version) + REJECTION_FILE
        if self.results.exists(rejection):
            self.entries.write_result(upload, rejection)
            self.entries.finish(upload.id, keep=self.entries.night(upload.uploaded_at))
            return MessageOutcome("repeated", upload.id, MissingPartError.code)
        waiting = self.results.read(waiting_key(upload.id))
        until = datetime.fromisoformat(waiting["waiting_until"]) if waiting else now
        if until <= now:
            until = now + self.settings.wait_for_parts
            self._send_recheck(Recheck(bucket, upload.key, until), now)
        self.entries.write_waiting(upload, until)
        return MessageOutcome("waiting", upload.id)

    def _recheck(
        self, upload: Upload, uploads: Uploads, recheck: Recheck, now: datetime
    ) -> MessageOutcome:
        """Wait on for an upload that is still incomplete, or reject it when the time is over."""
        if not self.results.exists(waiting_key(upload.id)):
            return MessageOutcome("nothing_to_do", upload.id)
        if now < recheck.waiting_until:
            self._send_recheck(recheck, now)
            self.entries.write_waiting(upload, recheck.waiting_until)
            return MessageOutcome("waiting", upload.id)
        minutes = self.settings.wait_for_parts.total_seconds() / SECONDS_PER_MINUTE
        refusal = MissingPartError(
            f"found {len(upload.parts)} of {len(upload.parts) + upload.n_missing} files, "
            f"expected the others within {minutes:g} minutes"
        )
        folder = result_folder(upload, self.classifier.version)
        return reject(upload, uploads, self.entries, folder, refusal)

    def _send_recheck(self, recheck: Recheck, now: datetime) -> None:
        # Sent before the note is written, so that every note has a re-check that ends it.
        self.queue.send(recheck.to_body(), (recheck.waiting_until - now).total_seconds())


def _requests_for_recordings(
    listing: FolderListing, request: ObjectCreated | Recheck
) -> list[ObjectCreated | Recheck]:
    """Return the request, or one for each recording that a file beside recordings is about."""
    if request.key.startswith(UPLOAD_KEYS_PREFIX):
        return []
    if not is_settings_file(request.key) and own_suffix(request.key) is None:
        return [request]
    keys = recordings_of_file(listing, request.key)
    return [ObjectCreated(request.bucket, key) for key in keys]

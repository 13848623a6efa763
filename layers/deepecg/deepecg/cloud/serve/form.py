"""A browser's upload form, read as it comes in: fields, then the file, which goes to disk."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Any, Final

from starlette.types import Message
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Field, File, MultipartDecoder, NeedData

from deepecg.cloud.serve.s3_error import S3Error

MAX_FIELD_BYTES: Final = 20_000
"""S3's own limit for everything before the file."""
SPOOLED_BYTES: Final = 1 << 20
"""A file's beginning that stays in memory."""
FILE_FIELD: Final = "file"


class DisconnectedError(Exception):
    """The sender has gone."""


@dataclass
class UploadForm:
    """What a form holds.

    Attributes
    ----------
    fields : dict of str to str
        Those before the file, by name in lower case.
    file : file object
        The file, to be read from its beginning.
    size_bytes : int
        Its length.
    """

    file: SpooledTemporaryFile[bytes]
    fields: dict[str, str] = field(default_factory=dict)
    size_bytes: int = 0


@contextmanager
def upload_form() -> Iterator[UploadForm]:
    """Make a form to be filled, whose file is deleted at the end."""
    with SpooledTemporaryFile(SPOOLED_BYTES) as file:
        yield UploadForm(file)


async def read_form(
    form: UploadForm,
    content_type: str,
    receive: Callable[[], Awaitable[Message]],
    max_file_bytes: int,
) -> None:
    """Fill a form from a request.

    A body that is refused is read to its end all the same, but not kept: a browser that is
    answered while it still sends shows no answer.

    Parameters
    ----------
    form : UploadForm
        Takes fields and file.
    content_type : str
        The request's header.
    receive : callable
        Gives the request's body.
    max_file_bytes : int
        The longest file that is kept.

    Raises
    ------
    S3Error
        If it is no form with a file, or its fields or the file are too long.
    DisconnectedError
        If the sender has gone before the end.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    reader = _Reader(form, boundary.encode(), max_file_bytes) if boundary else None
    refusal: S3Error | None = None
    if kind != "multipart/form-data" or reader is None:
        refusal = _malformed("no multipart form")
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        more = message.get("more_body", False)
        if refusal is None and reader is not None:
            try:
                reader.take(message.get("body", b""))
            except S3Error as error:
                refusal = error
            except ValueError:  # bytes that are no UTF-8 among them
                refusal = _malformed("a form that cannot be read")
    if refusal is None and reader is not None and not reader.is_done:
        refusal = _malformed("a form without a whole file")
    if refusal is not None:
        raise refusal
    form.file.seek(0)


class _Reader:
    """Sorts the pieces of a form into fields and file; what follows the file is ignored."""

    def __init__(self, form: UploadForm, boundary: bytes, max_file_bytes: int) -> None:
        self.form = form
        self.max_file_bytes = max_file_bytes
        self.is_done = False
        self._decoder = MultipartDecoder(boundary)
        self._name: str | None = None  # of the field that is being read
        self._value = bytearray()
        self._n_field_bytes = 0

    def take(self, body: bytes) -> None:
        """Take the next piece of the body."""
        if self.is_done:
            return
        self._decoder.receive_data(body)
        while not self.is_done:
            event: Any = self._decoder.next_event()
            if isinstance(event, NeedData):
                break
            if isinstance(event, Field | File):
                self._name = event.name.lower() if event.name else ""
                self._value.clear()
            elif isinstance(event, Data) and self._name == FILE_FIELD:
                self._take_file(event)
            elif isinstance(event, Data) and self._name is not None:
                self._take_field(self._name, event)

    def _take_file(self, event: Data) -> None:
        self.form.size_bytes += len(event.data)
        if self.form.size_bytes > self.max_file_bytes:
            raise S3Error(400, "EntityTooLarge", "The file is too large for embedded storage.")
        self.form.file.write(event.data)
        self.is_done = not event.more_data

    def _take_field(self, name: str, event: Data) -> None:
        self._n_field_bytes += len(name) + len(event.data)
        if self._n_field_bytes > MAX_FIELD_BYTES:
            raise S3Error(400, "MaxPostPreDataLengthExceeded", "The fields are too long.")
        self._value += event.data
        if not event.more_data:
            self.form.fields[name] = self._value.decode()


def _malformed(found: str) -> S3Error:
    return S3Error(400, "MalformedPOSTRequest", f"Found {found}.")

"""A browser's upload form, read as it comes in: fields, then the file, which goes to disk."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from typing import Final

from starlette.types import Message
from werkzeug.http import parse_options_header

from deepecg.local_cloud.s3_error import S3Error

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
    reader = _Reader(form, boundary, max_file_bytes) if boundary else None
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
    """Takes a form apart, piece by piece (RFC 7578); what follows the file is ignored.

    Werkzeug's decoder adds a byte to a file whose last boundary comes in two pieces.
    """

    def __init__(self, form: UploadForm, boundary: str, max_file_bytes: int) -> None:
        self.form = form
        self.max_file_bytes = max_file_bytes
        self.is_done = False
        self._delimiter = f"\r\n--{boundary}".encode()
        self._rest = bytearray(b"\r\n")  # the first delimiter may lack its line break
        self._name: str | None = None  # of the part that is being read; None before the first
        self._value = bytearray()
        self._in_header = False
        self._n_field_bytes = 0

    def take(self, body: bytes) -> None:
        """Take the next piece of the body."""
        self._rest += body
        while not self.is_done and (self._take_header() if self._in_header else self._take_data()):
            pass

    def _take_header(self) -> bool:
        """Take what is before a part's data, if all of it is there; return whether it was."""
        end = self._rest.find(b"\r\n\r\n")
        if end < 0:
            self._refuse_long(len(self._rest))
            return False
        self._refuse_long(end)
        self._n_field_bytes += end
        found = {}
        for line in self._rest[:end].decode().split("\r\n"):
            name, _, value = line.partition(":")
            found[name.strip().lower()] = value.strip()
        _, options = parse_options_header(found.get("content-disposition"))
        if "name" not in options:
            raise _malformed("a part without a name")
        self._name = options["name"].lower()
        self._value.clear()
        self._in_header = False
        del self._rest[: end + 4]
        return True

    def _take_data(self) -> bool:
        """Take what there is of a part's data; return whether its end was there."""
        end = self._rest.find(self._delimiter)
        n_known = end if end >= 0 else max(0, len(self._rest) - len(self._delimiter) + 1)
        data = bytes(self._rest[:n_known])
        after = end + len(self._delimiter)
        if end >= 0 and len(self._rest) < after + 2:
            return False  # what kind of delimiter it is will be told by two bytes more
        del self._rest[:n_known]
        if self._name == FILE_FIELD:
            self._take_file(data)
        elif self._name is not None:
            self._refuse_long(len(data))
            self._n_field_bytes += len(data)
            self._value += data
        if end < 0:
            return False
        is_last = self._rest[len(self._delimiter) :].startswith(b"--")
        del self._rest[: len(self._delimiter)]
        if self._name == FILE_FIELD:
            self.is_done = True
        elif self._name is not None:
            self.form.fields[self._name] = self._value.decode()
        if is_last and not self.is_done:
            raise _malformed("a form without a file")
        self._in_header = True
        return True

    def _take_file(self, data: bytes) -> None:
        self.form.size_bytes += len(data)
        if self.form.size_bytes > self.max_file_bytes:
            raise S3Error(400, "EntityTooLarge", "The file is too large for embedded storage.")
        self.form.file.write(data)

    def _refuse_long(self, n_new: int) -> None:
        """Refuse more before the file than S3 takes."""
        if self._n_field_bytes + n_new > MAX_FIELD_BYTES:
            raise S3Error(400, "MaxPostPreDataLengthExceeded", "The fields are too long.")


def _malformed(found: str) -> S3Error:
    return S3Error(400, "MalformedPOSTRequest", f"Found {found}.")

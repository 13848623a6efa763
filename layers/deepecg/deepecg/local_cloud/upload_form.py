"""Reads a browser's upload form (S3 POST): fields first, then the file, which is kept on disk.

Starlette parses it by the library python-multipart.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Final

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from deepecg.local_cloud.s3_error_response import S3Error

MAX_FIELDS_BYTES: Final = 20_000
"""S3's limit for all fields before the file."""
MAX_FIELDS: Final = 100
"""Limits memory; the API's forms have fewer than 10 fields."""
MAX_FILE_BYTES: Final = 1_000_000_000
"""moto handles an object in memory, in several copies; a day of three ECG leads is 130 MB."""
FILE_FIELD: Final = "file"


@dataclass(frozen=True)
class UploadForm:
    """A parsed upload form.

    Attributes
    ----------
    fields : dict of str to str
        Fields before the file by name in lower case. S3 ignores fields after the file.
    file : file object
        The file, at its beginning.
    size_bytes : int
        Size of the file.
    """

    fields: dict[str, str]
    file: BinaryIO
    size_bytes: int


@asynccontextmanager
async def upload_form(request: Request) -> AsyncIterator[UploadForm]:
    """Parse a request's form; delete its file at the end.

    The body of a refused request is read to its end, because a browser shows no response that comes
    while it is still sending.

    Raises
    ------
    S3Error
        If the body is not a multipart form with a file, or fields or file are too long.
    ClientDisconnect
        If the client disconnects before the end of the body.
    """
    try:
        form = await _parse(request)
    except S3Error:
        # Starlette raises it where the parser has read the body to its end.
        with suppress(RuntimeError):
            async for _ in request.stream():
                pass
        raise
    try:
        yield _checked(form)
    finally:
        await form.close()


async def _parse(request: Request) -> FormData:
    if int(request.headers["content-length"]) > MAX_FIELDS_BYTES + MAX_FILE_BYTES:
        raise S3Error(400, "EntityTooLarge", "The file is too large for the emulated S3.")
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise _malformed("a body that is not multipart/form-data")
    try:
        return await request.form(
            max_files=1, max_fields=MAX_FIELDS, max_part_size=MAX_FIELDS_BYTES
        )
    except MultiPartException as error:
        raise _malformed(f"a form that cannot be parsed: {error.message}") from error


def _checked(form: FormData) -> UploadForm:
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name.lower() != FILE_FIELD:
                break
            if sum(len(item.encode()) for pair in fields.items() for item in pair) > (
                MAX_FIELDS_BYTES
            ):
                raise S3Error(400, "MaxPostPreDataLengthExceeded", "The fields are too long.")
            return UploadForm(fields, value.file, value.size or 0)
        fields[name.lower()] = value
    raise _malformed("a form without a complete file")


def _malformed(found: str) -> S3Error:
    return S3Error(400, "MalformedPOSTRequest", f"Found {found}.")

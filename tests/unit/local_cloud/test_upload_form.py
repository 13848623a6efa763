"""A browser's form is read whole or refused, however it is cut into pieces on its way."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from deepecg.local_cloud.s3_error import S3Error
from deepecg.local_cloud.upload_form import (
    MAX_FIELD_BYTES,
    DisconnectedError,
    UploadForm,
    read_form,
    upload_form,
)

BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"
MAX_BYTES = 10_000


def encoded(fields: dict[str, str], file: bytes | None) -> bytes:
    """Return a form as browsers write it (RFC 7578)."""
    body = b""
    for name, value in fields.items():
        body += f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        body += value.encode() + b"\r\n"
    if file is not None:
        body += f"--{BOUNDARY}\r\n".encode()
        body += b'Content-Disposition: form-data; name="file"; filename="x"\r\n'
        body += b"Content-Type: application/octet-stream\r\n\r\n" + file + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def pieces(body: bytes, cuts: list[int]) -> Iterator[Message]:
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    for begin, end in pairwise(places):
        yield {"type": "http.request", "body": body[begin:end], "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


def read(form: UploadForm, messages: Iterator[Message], content_type: str = CONTENT_TYPE) -> None:
    """Read to the end without an event loop, which would open a socket: nothing is waited for."""

    async def receive() -> Message:
        return next(messages)

    reading = read_form(form, content_type, receive, MAX_BYTES)
    with suppress(StopIteration):
        reading.send(None)
        raise AssertionError("it waits")


def refused(body: bytes, content_type: str = CONTENT_TYPE) -> str:
    messages = pieces(body, [])
    with upload_form() as form, pytest.raises(S3Error) as caught:
        read(form, messages, content_type)
    assert next(messages, None) is None  # all was read, so that the answer is seen
    return caught.value.code


@given(
    fields=st.dictionaries(
        st.sampled_from(["key", "policy", "Content-Type", "x-amz-date"]), st.text(max_size=40)
    ),
    file=st.binary(max_size=300)
    | st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", BOUNDARY[:9].encode()])).map(b"".join),
    cuts=st.lists(st.integers(0, 2000), max_size=12),
)
def test_whatever_the_pieces_the_form_is_the_same(
    fields: dict[str, str], file: bytes, cuts: list[int]
) -> None:
    with upload_form() as form:
        read(form, pieces(encoded(fields, file), cuts))
        assert form.fields == {name.lower(): value for name, value in fields.items()}
        assert form.file.read() == file
        assert form.size_bytes == len(file)


@pytest.mark.parametrize("file", [b"", b"x", b"\r", b"\r\n--"])
def test_one_byte_at_a_time_gives_the_same_form(file: bytes) -> None:
    body = encoded({"key": "a", "policy": ""}, file)
    with upload_form() as form:
        read(form, pieces(body, list(range(len(body)))))
        assert (form.fields, form.file.read()) == ({"key": "a", "policy": ""}, file)


def test_what_follows_the_file_is_ignored_as_s3_ignores_it() -> None:
    end = f"--{BOUNDARY}--\r\n".encode()
    body = encoded({"key": "a"}, b"x").removesuffix(end) + encoded({"acl": "public-read"}, None)
    with upload_form() as form:
        read(form, pieces(body, []))
        assert (form.fields, form.file.read()) == ({"key": "a"}, b"x")


@pytest.mark.parametrize("content_type", ["", "application/json", "multipart/form-data"])
def test_a_body_of_another_kind_is_refused(content_type: str) -> None:
    assert refused(encoded({}, b"x"), content_type) == "MalformedPOSTRequest"


def test_a_form_without_a_whole_file_is_refused() -> None:
    whole = encoded({"key": "a"}, b"x" * 100)
    assert refused(whole[:-60]) == "MalformedPOSTRequest"
    assert refused(encoded({"key": "a"}, None)) == "MalformedPOSTRequest"
    assert refused(b"") == "MalformedPOSTRequest"
    assert refused(whole.replace(b"Content-Disposition", b"X-Disposition", 1)) == (
        "MalformedPOSTRequest"
    )


def test_what_is_too_long_is_refused() -> None:
    assert refused(encoded({}, bytes(MAX_BYTES + 1))) == "EntityTooLarge"
    too_much = {"policy": "x" * (MAX_FIELD_BYTES // 2), "other": "x" * (MAX_FIELD_BYTES // 2)}
    assert refused(encoded(too_much, b"x")) == "MaxPostPreDataLengthExceeded"


def test_a_sender_who_goes_is_noticed() -> None:
    first = next(pieces(encoded({}, b"x"), []))
    messages: Iterator[Message] = iter([first, {"type": "http.disconnect"}])
    with upload_form() as form, pytest.raises(DisconnectedError):
        read(form, messages)

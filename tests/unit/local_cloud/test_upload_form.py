"""A browser's upload form is parsed whole or refused, however its body is cut into pieces."""

import asyncio
import gc
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from deepecg.local_cloud import upload_form as upload_form_module
from deepecg.local_cloud.s3_error_response import S3Error
from deepecg.local_cloud.upload_form import MAX_FIELDS, MAX_FIELDS_BYTES, upload_form

LOOP = asyncio.new_event_loop()
"""Made at import, while sockets are still allowed: an event loop opens a pair of them."""


@pytest.fixture(scope="module", autouse=True)
def _loop() -> Iterator[None]:
    yield
    LOOP.close()


BOUNDARY = "----WebKitFormBoundary7MA4YWxkTrZu0gW"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def encoded(fields: dict[str, str], file: bytes | None) -> bytes:
    """Return a form as browsers encode it (RFC 7578)."""
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


def parsed(
    messages: Iterator[Message], content_type: str = CONTENT_TYPE, content_length: int = 0
) -> tuple[dict[str, str], bytes]:
    """Return the fields and the file of a form."""

    async def receive() -> Message:
        return next(messages)

    async def parse() -> tuple[dict[str, str], bytes]:
        async with upload_form(Request(scope, receive)) as form:
            file = form.file.read()
            assert form.size_bytes == len(file)
            return form.fields, file

    headers = {"content-type": content_type, "content-length": str(content_length)}
    scope = {
        "type": "http",
        "method": "POST",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    return LOOP.run_until_complete(parse())


def refused(body: bytes, content_type: str = CONTENT_TYPE, cuts: tuple[int, ...] = ()) -> str:
    """Return the error code; check that the whole body is read, so that a browser shows it."""
    messages = pieces(body, [*cuts])
    with pytest.raises(S3Error) as caught:
        parsed(messages, content_type, len(body))
    assert next(messages, None) is None
    return caught.value.code


@pytest.mark.parametrize(
    "body",
    [b"garbage", encoded({"key": "x" * (MAX_FIELDS_BYTES + 10_000)}, b"x"), encoded({}, None)],
    ids=["no form", "long field", "no file"],
)
def test_a_form_is_refused_where_its_only_message_is_its_last(body: bytes) -> None:
    only: Message = {"type": "http.request", "body": body, "more_body": False}
    with pytest.raises(S3Error) as caught:
        parsed(iter([only]), content_length=len(body))
    assert caught.value.status == 400


@given(
    fields=st.dictionaries(
        st.sampled_from(["key", "policy", "Content-Type", "x-amz-date"]), st.text(max_size=40)
    ),
    file=st.binary(max_size=300)
    | st.lists(st.sampled_from([b"\r", b"\n", b"-", b"--", BOUNDARY[:9].encode()])).map(b"".join),
    cuts=st.lists(st.integers(0, 2000), max_size=12),
)
def test_the_form_is_the_same_in_whatever_pieces_it_arrives(
    fields: dict[str, str], file: bytes, cuts: list[int]
) -> None:
    expected = ({name.lower(): value for name, value in fields.items()}, file)
    assert parsed(pieces(encoded(fields, file), cuts)) == expected


@pytest.mark.parametrize("file", [b"", b"x", b"\r", b"\r\n--"])
def test_the_form_is_the_same_byte_by_byte(file: bytes) -> None:
    body = encoded({"key": "a", "policy": ""}, file)
    assert parsed(pieces(body, list(range(len(body))))) == ({"key": "a", "policy": ""}, file)


def test_a_long_file_is_kept_on_disk_and_whole() -> None:
    file = bytes(range(256)) * 10_000
    body = encoded({"key": "a"}, file)
    assert parsed(pieces(body, list(range(0, len(body), 65_536)))) == ({"key": "a"}, file)


def test_fields_after_the_file_are_ignored_as_s3_does() -> None:
    end = f"--{BOUNDARY}--\r\n".encode()
    body = encoded({"key": "a"}, b"x").removesuffix(end) + encoded({"acl": "public-read"}, None)
    assert parsed(pieces(body, [])) == ({"key": "a"}, b"x")


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
)
def test_a_body_of_another_content_type_is_refused(content_type: str) -> None:
    assert refused(encoded({}, b"x"), content_type) == "MalformedPOSTRequest"


@pytest.mark.parametrize("cuts", [(), tuple(range(400))], ids=["whole", "in pieces"])
def test_a_malformed_form_is_refused(cuts: tuple[int, ...]) -> None:
    whole = encoded({"key": "a"}, b"x" * 100)
    for body in (
        b"",
        b"no form",
        encoded({"key": "a"}, None),
        whole.replace(b"Content-Disposition", b"X-Disposition", 1),
        whole.replace(b'name="file"', b'name="other"'),
        whole.replace(b"form-data; ", b"form-data; x", 1),
    ):
        assert refused(body, cuts=cuts) == "MalformedPOSTRequest"


@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
def test_a_form_that_ends_within_the_file_is_refused() -> None:
    """Starlette leaves it to the garbage collector to close the incomplete file."""
    assert refused(encoded({"key": "a"}, b"x" * 100)[:-60]) == "MalformedPOSTRequest"
    gc.collect()


def test_long_fields_are_refused() -> None:
    assert refused(encoded({"policy": "x" * (MAX_FIELDS_BYTES + 1)}, b"x")) == (
        "MalformedPOSTRequest"
    )
    assert refused(encoded({str(n): "" for n in range(MAX_FIELDS + 1)}, b"x")) == (
        "MalformedPOSTRequest"
    )
    too_much = dict.fromkeys(("policy", "other"), "x" * (MAX_FIELDS_BYTES // 2))
    assert refused(encoded(too_much, b"x")) == "MaxPostPreDataLengthExceeded"


def test_a_large_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_form_module, "MAX_FILE_BYTES", 10_000)
    assert refused(encoded({}, bytes(10_001 + MAX_FIELDS_BYTES))) == "EntityTooLarge"


def test_a_client_that_disconnects_is_noticed() -> None:
    first = next(pieces(encoded({}, b"x"), []))
    messages: Iterator[Message] = iter([first, {"type": "http.disconnect"}])
    with pytest.raises(ClientDisconnect):
        parsed(messages)

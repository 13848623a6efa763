"""The embedded S3 as a browser sees it: presigned POST and presigned GET, and nothing else.

Objects go to and come from moto, in process. What S3 judges and moto does not (signatures,
expiry, a POST's policy) is judged here, so that what works here works there.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from botocore.exceptions import ClientError
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deepecg.local_cloud.post_policy import Policy
from deepecg.local_cloud.s3_error import S3Error
from deepecg.local_cloud.signature_v4 import Signer
from deepecg.local_cloud.upload_form import DisconnectedError, UploadForm, read_form, upload_form

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAX_OBJECT_BYTES = 1_000_000_000
"""moto handles an object in one piece, in several copies; a day of three leads is 130 MB."""
DEFAULT_CONTENT_TYPE = "binary/octet-stream"
"""S3's own, where a form names none."""


@dataclass(frozen=True)
class EmbeddedStorage:
    """An ASGI application: S3 with path-style addresses below a path.

    Attributes
    ----------
    s3 : S3Client
        moto's.
    signer : Signer
        Of the credentials that the API signs with.
    path : str
        What the addresses begin with, such as ``/embedded-s3``.
    """

    s3: "S3Client"
    signer: Signer
    path: str

    def owns(self, path: str) -> bool:
        """Return whether a request's path is one of these."""
        return path == self.path or path.startswith(f"{self.path}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        bucket, _, key = scope["path"].removeprefix(f"{self.path}/").partition("/")
        try:
            match scope["method"]:
                case "POST" if bucket and not key:
                    response = await self._post(scope, receive, bucket)
                case "GET" if bucket and key:
                    response = await self._get(scope, bucket, key)
                case _:
                    raise S3Error(405, "MethodNotAllowed", "Expected a presigned POST or GET.")
        except S3Error as error:
            response = error.response()
        except ClientError as error:
            response = _refused_by_moto(error).response()
        except DisconnectedError:
            return
        await response(scope, receive, send)

    async def _post(self, scope: Scope, receive: Receive, bucket: str) -> Response:
        """Store the file of a form whose policy allows it."""
        headers = _headers(scope)
        if "content-length" not in headers:
            raise S3Error(411, "MissingContentLength", "Expected the header Content-Length.")
        with upload_form() as form:
            await read_form(form, headers.get("content-type", ""), receive, MAX_OBJECT_BYTES)
            self.signer.check_policy(form.fields)
            policy = Policy.read(form.fields["policy"])
            policy.check_fields(form.fields, bucket, datetime.now(UTC))
            policy.check_size(form.size_bytes)
            await run_in_threadpool(self._put, form, bucket)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _put(self, form: UploadForm, bucket: str) -> None:
        self.s3.put_object(
            Bucket=bucket,
            Key=form.fields["key"],
            Body=form.file,
            ContentType=form.fields.get("content-type", DEFAULT_CONTENT_TYPE),
        )

    async def _get(self, scope: Scope, bucket: str, key: str) -> Response:
        """Return an object whose address was presigned."""
        query = scope["query_string"].decode("latin-1")
        host = _headers(scope).get("host", "")
        url = f"{scope['scheme']}://{host}{scope['raw_path'].decode('latin-1')}?{query}"
        self.signer.check_address(url, datetime.now(UTC))
        body, headers = await run_in_threadpool(self._read, bucket, key)
        # An address may say how the browser is to take the object; it is part of what is signed.
        asked = parse_qs(query)
        for name in ("content-type", "content-disposition", "cache-control"):
            if f"response-{name}" in asked:
                headers[name] = asked[f"response-{name}"][0]
        return Response(body, headers=headers)

    def _read(self, bucket: str, key: str) -> tuple[bytes, dict[str, str]]:
        answer = self.s3.get_object(Bucket=bucket, Key=key)
        headers = {
            "content-type": answer["ContentType"],
            "etag": answer["ETag"],
            "x-content-type-options": "nosniff",  # it shares the page's origin
        }
        return answer["Body"].read(), headers


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _refused_by_moto(error: ClientError) -> S3Error:
    return S3Error(
        error.response["ResponseMetadata"]["HTTPStatusCode"],
        error.response["Error"]["Code"],
        "The storage refuses.",
    )

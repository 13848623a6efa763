"""The emulated S3 as a browser uses it: presigned POST and presigned GET, nothing else.

Objects are stored in moto. S3 checks signatures, expiry and the policy of a POST, and moto does
not, so they are checked here: a request that passes here also passes at S3.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deepecg.local_cloud.post_policy import Policy
from deepecg.local_cloud.s3_error_response import S3Error
from deepecg.local_cloud.signature_v4 import Signer
from deepecg.local_cloud.upload_form import UploadForm, upload_form

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DEFAULT_CONTENT_TYPE = "binary/octet-stream"
"""S3's default for a form without a content type."""


@dataclass(frozen=True)
class S3Endpoint:
    """An ASGI application: S3 with path-style addresses.

    Attributes
    ----------
    s3 : S3Client
        Client of moto's S3.
    signer : Signer
        Checks signatures by the credentials that the API signs with.
    path : str
        Path at which the endpoint is mounted, such as ``/embedded-s3``.
    """

    s3: "S3Client"
    signer: Signer
    path: str

    def serves(self, path: str) -> bool:
        """Return whether a request's path belongs to this endpoint."""
        return path == self.path or path.startswith(f"{self.path}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        bucket, _, key = scope["path"].removeprefix(f"{self.path}/").partition("/")
        try:
            match request.method:
                case "POST" if bucket and not key:
                    response = await self._post(request, bucket)
                case "GET" if bucket and key:
                    response = await self._get(request, bucket, key)
                case _:
                    raise S3Error(405, "MethodNotAllowed", "Expected a presigned POST or GET.")
        except S3Error as error:
            response = error.response()
        except ClientError as error:
            response = _moto_error(error).response()
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _post(self, request: Request, bucket: str) -> Response:
        """Store the file of a form whose policy permits it."""
        if "content-length" not in request.headers:
            raise S3Error(411, "MissingContentLength", "Expected the header Content-Length.")
        async with upload_form(request) as form:
            self.signer.check_policy(form.fields)
            policy = Policy.read(form.fields["policy"])
            policy.check_fields(form.fields, bucket, datetime.now(UTC))
            policy.check_size(form.size_bytes)
            await run_in_threadpool(self._store, form, bucket)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _store(self, form: UploadForm, bucket: str) -> None:
        self.s3.put_object(
            Bucket=bucket,
            Key=form.fields["key"],
            Body=form.file,
            ContentType=form.fields.get("content-type", DEFAULT_CONTENT_TYPE),
        )

    async def _get(self, request: Request, bucket: str, key: str) -> Response:
        """Return an object whose address was presigned."""
        path = request.scope["raw_path"].decode("latin-1")
        host = request.headers.get("host", "")
        url = f"{request.url.scheme}://{host}{path}?{request.url.query}"
        self.signer.check_address(url, datetime.now(UTC))
        body, headers = await run_in_threadpool(self._read, bucket, key)
        for name in ("content-type", "content-disposition", "cache-control"):
            # A presigned address may override these headers of the response.
            if f"response-{name}" in request.query_params:
                headers[name] = request.query_params[f"response-{name}"]
        return Response(body, headers=headers)

    def _read(self, bucket: str, key: str) -> tuple[bytes, dict[str, str]]:
        found = self.s3.get_object(Bucket=bucket, Key=key)
        headers = {
            "content-type": found["ContentType"],
            "etag": found["ETag"],
            "x-content-type-options": "nosniff",  # the object shares the page's origin
        }
        return found["Body"].read(), headers


def _moto_error(error: ClientError) -> S3Error:
    return S3Error(
        error.response["ResponseMetadata"]["HTTPStatusCode"],
        error.response["Error"]["Code"],
        "The emulated S3 refuses the request.",
    )

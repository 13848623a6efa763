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
from starlette.types import ASGIApp, Receive, Scope, Send

from deepecg.local_cloud.presigned_requests import Policy, Signer
from deepecg.local_cloud.s3_error_response import S3Error
from deepecg.local_cloud.upload_form import upload_form

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DEFAULT_CONTENT_TYPE = "binary/octet-stream"
"""S3's default for a form without a content type."""


@dataclass(frozen=True)
class S3Endpoint:
    """An ASGI application: S3 with path-style URLs beside another application.

    Attributes
    ----------
    s3 : S3Client
        Client of moto's S3.
    signer : Signer
        Checks signatures by the credentials that the API signs with.
    path : str
        Path at which the endpoint is mounted, such as ``/embedded-s3``.
    app : ASGIApp
        Answers all requests with other paths.
    """

    s3: "S3Client"
    signer: Signer
    path: str
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if f"{scope['path']}/".startswith(f"{self.path}/"):
            await self._answer(Request(scope, receive), send)
        else:
            await self.app(scope, receive, send)

    async def _answer(self, request: Request, send: Send) -> None:
        path = request.scope["path"]
        bucket, _, key = path.removeprefix(f"{self.path}/").partition("/")
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
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            code = error.response["Error"]["Code"]
            response = S3Error(status, code, "The emulated S3 refuses the request.").response()
        except ClientDisconnect:
            return
        await response(request.scope, request.receive, send)

    async def _post(self, request: Request, bucket: str) -> Response:
        """Store the file of a form whose policy permits it."""
        if "content-length" not in request.headers:
            raise S3Error(411, "MissingContentLength", "Expected the header Content-Length.")
        async with upload_form(request) as form:
            self.signer.check_policy(form.fields)
            policy = Policy.read(form.fields["policy"])
            policy.check_fields(form.fields, bucket, datetime.now(UTC))
            policy.check_size(form.size_bytes)
            await run_in_threadpool(
                self.s3.put_object,
                Bucket=bucket,
                Key=form.fields["key"],
                Body=form.file,
                ContentType=form.fields.get("content-type", DEFAULT_CONTENT_TYPE),
            )
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _get(self, request: Request, bucket: str, key: str) -> Response:
        """Return an object whose URL was presigned."""
        path = request.scope["raw_path"].decode("latin-1")
        host = request.headers.get("host", "")
        url = f"{request.url.scheme}://{host}{path}?{request.url.query}"
        self.signer.check_url(url, datetime.now(UTC))
        found = await run_in_threadpool(self.s3.get_object, Bucket=bucket, Key=key)
        headers = {
            "content-type": found["ContentType"],
            "etag": found["ETag"],
            "x-content-type-options": "nosniff",  # the object shares the page's origin
        }
        for name in ("content-type", "content-disposition", "cache-control"):
            # A presigned URL may override these headers of the response.
            if f"response-{name}" in request.query_params:
                headers[name] = request.query_params[f"response-{name}"]
        return Response(await run_in_threadpool(found["Body"].read), headers=headers)

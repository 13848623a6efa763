"""The error response by which the emulated S3 refuses a request."""

from xml.sax.saxutils import escape

from starlette.responses import Response


class S3Error(Exception):
    """The emulated S3 refuses a request.

    Attributes
    ----------
    status : int
        HTTP status that S3 returns for this error.
    code : str
        S3's error code.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> Response:
        """Return the error as an XML response like S3's."""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(self.code)}</Code><Message>{escape(str(self))}</Message></Error>"
        )
        return Response(body, self.status, media_type="application/xml")

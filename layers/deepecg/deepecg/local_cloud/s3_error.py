"""What S3 says where it refuses."""

from xml.sax.saxutils import escape

from starlette.responses import Response


class S3Error(Exception):
    """A request that the embedded S3 refuses.

    Attributes
    ----------
    status : int
        S3's status for it...
    code : str
        ...and error code.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def response(self) -> Response:
        """Return the answer, as S3 has it."""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{escape(self.code)}</Code><Message>{escape(str(self))}</Message></Error>"
        )
        return Response(body, self.status, media_type="application/xml")

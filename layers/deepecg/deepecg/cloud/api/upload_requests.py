"""Upload requests: a recording gets an ID, and each of its files a presigned form to upload it.

Names of files are neither stored nor returned. This needs ``PutObject`` for ``announced/*`` in the
results bucket, and for the forms, which grant what their signer may do, ``PutObject`` for ``api/*``
in the uploads bucket.
"""

from datetime import UTC, datetime

from deepecg.cloud.api.api_services import Services
from deepecg.cloud.api.problem_details import ProblemError
from deepecg.cloud.api.recording_models import (
    NamedFile,
    UploadForm,
    UploadFormsResponse,
    UploadRequest,
    recording_path,
)
from deepecg.cloud.presigned_urls import FORM_VALID_FOR
from deepecg.cloud.s3_keys import upload_request_key
from deepecg.cloud.upload_pseudonyms import key_in, new_folder
from deepecg.outputs.recording_id import recording_id


def create_upload_request(
    request: UploadRequest, services: Services, origin: str
) -> UploadFormsResponse:
    """Return an ID and a form for each file of a recording, and write a note of the request.

    Parameters
    ----------
    request : UploadRequest
        The main file, whose key gives the recording's ID, and its parts.
    services : Services
        The presigner, the uploads bucket, and the results bucket, which takes the note.
    origin : str
        Scheme and host by which the caller reaches the API.

    Raises
    ------
    ProblemError
        If two files have the same name, apart from case and Unicode form.
    StorageError
        If S3 fails.
    """
    folder = new_folder()
    files: list[NamedFile] = [request.main, *request.parts]
    keys = [key_in(folder, file.name) for file in files]
    if len(set(keys)) < len(keys):
        raise ProblemError(
            "same_name_twice",
            "Upper and lower case count as equal. Rename one file, and its line in the header.",
        )
    recording = recording_id(keys[0])
    expires_at = datetime.now(UTC).replace(microsecond=0) + FORM_VALID_FOR
    forms = [
        services.presigner.post(
            services.settings.uploads_bucket, key, size_bytes=file.size_bytes, origin=origin
        )
        for key, file in zip(keys, files, strict=True)
    ]
    services.results.write_once(
        upload_request_key(recording), {"expires_at": expires_at.isoformat()}
    )
    return UploadFormsResponse(
        recording_id=recording,
        status_url=recording_path(recording),
        expires_at=expires_at,
        uploads=[UploadForm(**form) for form in forms],
    )

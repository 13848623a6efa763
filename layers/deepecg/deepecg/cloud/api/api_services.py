"""Settings, storage clients and models for the routes: made once for each process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self

import boto3
from fastapi import Request

from deepecg.cloud.aws_clients import INTERACTIVE, s3_client
from deepecg.cloud.presigned_urls import Presigner
from deepecg.cloud.s3_buckets import Results, Uploads
from deepecg.cloud.settings import ApiSettings
from deepecg.errors import ModelMismatchError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from deepecg.beats.classifier import BeatClassifier
    from deepecg.beats.model_card import ModelCard
    from deepecg.beats.single_beat import SingleBeatModels


@dataclass(frozen=True)
class Services:
    """Settings, storage clients and models that the routes use.

    The models are loaded at first use, here and in ``beat_routes.py``: importing ``scipy.signal``
    and ONNX Runtime takes longer than all other imports together, and most routes need neither.
    Of the uploads bucket, the API reads and writes reviews alone; callers write their files to it
    with presigned forms.

    Attributes
    ----------
    settings : ApiSettings
        Names of the buckets, the model folder, and how callers are authorised.
    s3 : S3Client
        Client for both buckets.
    presigner : Presigner
        Signs the forms for uploads and the URLs of results.
    """

    settings: ApiSettings
    s3: "S3Client" = field(repr=False)
    presigner: Presigner = field(repr=False)

    @classmethod
    def connect(cls, settings: ApiSettings) -> Self:
        """Return services with clients of their own.

        The clients are made at once, and in the thread that calls: where a worker shares the
        process, its calls change the environment that a client is made from.
        """
        session = boto3.Session()  # has to read what it knows of S3, 0.2 s, once
        s3 = s3_client(session, config=INTERACTIVE)
        return cls(settings, s3, Presigner(settings.public_s3_endpoint, session))

    @cached_property
    def results(self) -> Results:
        """The results bucket."""
        return Results(self.s3, self.settings.results_bucket)

    @cached_property
    def uploads(self) -> Uploads:
        """The uploads bucket."""
        return Uploads(self.s3, self.settings.uploads_bucket)

    @cached_property
    def cards(self) -> "tuple[ModelCard, ModelCard]":
        """The verified cards of the recording model and of the single-beat model.

        Raises
        ------
        ModelMismatchError
            If card, model file and software do not match.
        """
        from deepecg.beats.model_card import SINGLE_BEAT_FOLDER, read_card  # noqa: PLC0415

        with _model_files():
            folder = self.settings.model_folder
            return read_card(folder), read_card(folder / SINGLE_BEAT_FOLDER)

    @cached_property
    def classifier(self) -> "BeatClassifier":
        """The model for recordings and strips.

        Raises
        ------
        ModelMismatchError
            If card, model file and software do not match.
        """
        from deepecg.beats.classifier import BeatClassifier  # noqa: PLC0415

        with _model_files():
            return BeatClassifier.load(self.settings.model_folder)

    @cached_property
    def single_beat_models(self) -> "SingleBeatModels":
        """The models for one beat, with and without a template beat.

        Raises
        ------
        ModelMismatchError
            If card, model file and software do not match.
        """
        from deepecg.beats.classifier import BeatClassifier  # noqa: PLC0415
        from deepecg.beats.model_card import SINGLE_BEAT_FOLDER  # noqa: PLC0415
        from deepecg.beats.single_beat import SingleBeatModels  # noqa: PLC0415

        with _model_files():
            single_beat = BeatClassifier.load(self.settings.model_folder / SINGLE_BEAT_FOLDER)
        return SingleBeatModels(self.classifier, single_beat)


def services_of(request: Request) -> Services:
    """Return the services of the application that handles a request.

    A plain function: a FastAPI dependency would add its cost to every request.
    """
    services: Services = request.app.state.services
    return services


@contextmanager
def _model_files() -> Iterator[None]:
    """Report missing model files as a model mismatch."""
    try:
        yield
    except OSError:
        raise ModelMismatchError("found no model and card, expected both") from None

"""What the routes work with, made once for each execution environment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Self

import boto3
from fastapi import Request

from deepecg.cloud.aws_clients import INTERACTIVE, s3_client
from deepecg.cloud.presigned_urls import Presigner
from deepecg.cloud.s3_buckets import Results
from deepecg.cloud.settings import ApiSettings
from deepecg.errors import ModelMismatchError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from deepecg.beats.classifier import BeatClassifier
    from deepecg.beats.model_card import ModelCard
    from deepecg.beats.single_beat import SingleBeatModels


@dataclass(frozen=True)
class Services:
    """What the routes work with.

    What needs the signal code is imported when it is first asked for, here and in ``beats.py``:
    ``scipy.signal`` and ONNX Runtime take longer to import than everything else together, and
    most routes need neither. Nothing here reads the uploads: only callers' own forms write there.

    Attributes
    ----------
    settings : ApiSettings
        Where recordings and results lie, and who lets callers in.
    s3 : S3Client
        For the results bucket.
    presigner : Presigner
        For addresses by which callers send recordings and fetch results.
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
    def cards(self) -> "tuple[ModelCard, ModelCard]":
        """The cards of both models, the recordings' first, their checksums verified.

        Raises
        ------
        ModelMismatchError
            If card, model and software do not belong together.
        """
        from deepecg.beats.model_card import SINGLE_BEAT_FOLDER, read_card  # noqa: PLC0415

        with _model_files():
            folder = self.settings.model_folder
            return read_card(folder), read_card(folder / SINGLE_BEAT_FOLDER)

    @cached_property
    def classifier(self) -> "BeatClassifier":
        """The model.

        Raises
        ------
        ModelMismatchError
            If card, model and software do not belong together.
        """
        from deepecg.beats.classifier import BeatClassifier  # noqa: PLC0415

        with _model_files():
            return BeatClassifier.load(self.settings.model_folder)

    @cached_property
    def single_beat_models(self) -> "SingleBeatModels":
        """The models for a beat that is asked about alone.

        Raises
        ------
        ModelMismatchError
            If card, model and software do not belong together.
        """
        from deepecg.beats.classifier import BeatClassifier  # noqa: PLC0415
        from deepecg.beats.model_card import SINGLE_BEAT_FOLDER  # noqa: PLC0415
        from deepecg.beats.single_beat import SingleBeatModels  # noqa: PLC0415

        with _model_files():
            alone = BeatClassifier.load(self.settings.model_folder / SINGLE_BEAT_FOLDER)
        return SingleBeatModels(self.classifier, alone)


def services_of(request: Request) -> Services:
    """Return the services of the application that a request has come to.

    A plain function that routes call: a FastAPI dependency would cost every request more.
    """
    services: Services = request.app.state.services
    return services


@contextmanager
def _model_files() -> Iterator[None]:
    """Refuse an installation without a model as one with another model."""
    try:
        yield
    except OSError:
        raise ModelMismatchError("found no model and card, expected both") from None

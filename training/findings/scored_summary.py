"""Scores a recording as ``deepecg score`` does, and returns the document that it writes."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.file_names import SUMMARY_FILE
from deepecg.outputs.json_files import to_json
from deepecg.outputs.rejection_json import rejection_document
from deepecg.outputs.result_files import write_outputs
from deepecg.recording import Recording
from deepecg.scoring import score_recording

NAME = "recording"
"""Name of every scored recording: results do not depend on it."""


def scored_summary(recording: Recording, classifier: BeatClassifier) -> dict[str, Any]:
    """Return ``summary.json`` or ``rejection.json`` of a recording, decoded.

    Parameters
    ----------
    recording : Recording
        The recording, scored with default settings.
    classifier : BeatClassifier
        The model.
    """
    try:
        scored = score_recording(recording, classifier)
    except RefusedRecordingError as error:
        document: dict[str, Any] = json.loads(to_json(rejection_document(error, NAME)))
        return document
    with TemporaryDirectory() as folder:
        write_outputs(scored, Path(folder), NAME, NAME)
        document = json.loads((Path(folder) / SUMMARY_FILE).read_text(encoding="utf-8"))
    return document

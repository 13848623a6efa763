"""Scores a recording as ``deepecg score`` does, and returns the document that it writes."""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deepecg.beats.classifier import BeatClassifier
from deepecg.errors import RefusedRecordingError
from deepecg.outputs.file_names import SUMMARY_FILE
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.rejection_json import rejection_document
from deepecg.outputs.result_files import write_outputs
from deepecg.recording import Recording
from deepecg.rhythm.beat_stream import BeatStream
from deepecg.scoring import score_recording

NAME = "recording"
"""Name of every scored recording: results do not depend on it."""


@dataclass(frozen=True)
class ScoredSummary:
    """What scoring made of a recording.

    Attributes
    ----------
    document : dict
        ``summary.json`` or ``rejection.json``, decoded.
    beats : BeatStream or None
        The classified beats; None if the recording was rejected.
    """

    document: dict[str, Any]
    beats: BeatStream | None


def scored_summary(recording: Recording, classifier: BeatClassifier) -> ScoredSummary:
    """Score a recording with default settings.

    Parameters
    ----------
    recording : Recording
        The recording.
    classifier : BeatClassifier
        The model.
    """
    try:
        scored = score_recording(recording, classifier)
    except RefusedRecordingError as error:
        return ScoredSummary(json.loads(to_json(rejection_document(error, NAME))), None)
    with TemporaryDirectory() as folder:
        write_outputs(scored, Path(folder), NAME, NAME)
        document = json.loads((Path(folder) / SUMMARY_FILE).read_text(encoding="utf-8"))
    return ScoredSummary(document, scored.beats)

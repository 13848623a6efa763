"""Reviews made by hand, and recordings to review."""

import json
from typing import Any

from deepecg.outputs.graphics.report_graphics import cluster_numbers
from deepecg.review.review_file import Review, read_review, review_digest
from deepecg.review.review_recording import review_recording
from deepecg.review.stored_beats import StoredBeats
from deepecg.scored_recording import ScoredRecording

BY = {"author": "Dr. A. Muster", "at": "2026-01-02T03:04:05+01:00"}
SIGN = {"op": "sign"}


def stored_of(scored: ScoredRecording) -> StoredBeats:
    return StoredBeats.of(scored, cluster_numbers(scored))


def content_of(beats: str, *operations: dict[str, Any]) -> bytes:
    given = [BY | operation for operation in operations]
    return json.dumps(
        {"kind": "review", "schema_version": "1.0", "beats": beats, "operations": given}
    ).encode()


def review_of(stored: StoredBeats, *operations: dict[str, Any]) -> Review:
    return read_review(content_of(stored.sha256, *operations))


def reviewed(
    scored: ScoredRecording, *operations: dict[str, Any], stored: StoredBeats | None = None
) -> ScoredRecording:
    stored = stored or stored_of(scored)
    content = content_of(stored.sha256, *operations)
    return review_recording(
        scored.recording,
        stored,
        read_review(content),
        scored.card,
        scored.settings,
        sha256=review_digest(content),
    )

"""What the review mode of a report (``review.js``) needs to know of its recording."""

from collections.abc import Mapping, Sequence
from typing import Any

from deepecg.applied_review import REVIEW_NOT_APPLIED
from deepecg.outputs.report.labels_and_formats import CLASS_NAMES
from deepecg.outputs.summary import Summary
from deepecg.review.review_file import (
    MAX_AUTHOR,
    MAX_BYTES,
    MAX_COMMENT,
    MAX_CONCLUSION,
    REVIEW_SCHEMA_VERSION,
    REVIEWABLE_KINDS,
)
from deepecg.rhythm.event_kinds import EVENT_KINDS
from deepecg.rhythm.reviewed_findings import PATTERNS


def review_data(summary: Summary, operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return identity, events and labels for ``review.js``, and the limits of a review file.

    Events are those that the summary lists, as kind, start and duration in seconds; their place is
    their number. Of the kinds, a pattern of beats can be removed, but no event becomes one: its
    beats are renamed instead.

    Parameters
    ----------
    summary : Summary
        The results of a recording.
    operations : sequence of mapping
        Operations of the review that they were made with.
    """
    why = (one.message for one in summary.warnings if one.code == REVIEW_NOT_APPLIED)
    refusal = next(why, None)
    return {
        "recording_id": summary.recording_id,
        "beats": summary.provenance.beats_sha256,
        "schema_version": REVIEW_SCHEMA_VERSION,
        "operations": list(operations),
        "refusal": refusal,
        "shortest_rr_s": summary.provenance.settings.detector.refractory_s,
        "events": [[event.kind, event.start_s, event.duration_s] for event in summary.events],
        "kinds": {kind.key: kind.name for kind in EVENT_KINDS},
        "removable": [kind.key for kind in REVIEWABLE_KINDS],
        "targets": [kind.key for kind in REVIEWABLE_KINDS if kind not in PATTERNS],
        "class_names": CLASS_NAMES,
        "max_bytes": MAX_BYTES,
        "max_author": MAX_AUTHOR,
        "max_comment": MAX_COMMENT,
        "max_conclusion": MAX_CONCLUSION,
    }

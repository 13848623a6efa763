"""Writes the result files of a scored recording, in the cloud and on a laptop."""

from pathlib import Path

from deepecg.outputs.fhir import diagnostic_report
from deepecg.outputs.file_names import BEATS_SUFFIX, FHIR_FILE, REPORT_FILE, SUMMARY_FILE
from deepecg.outputs.graphics.report_graphics import cluster_numbers, draw
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.report.report_page import render_report
from deepecg.outputs.summarise import summarise
from deepecg.outputs.summary import Summary
from deepecg.outputs.wfdb_annotations import EXTENSION, write_annotations
from deepecg.review.stored_beats import StoredBeats
from deepecg.rhythm.events import listed_events
from deepecg.scored_recording import ScoredRecording
from deepecg.study import Study, refuse_faulty_study


def output_files(name: str, *, reviewed: bool = False) -> dict[str, str]:
    """Return the files of a scored recording and their media types; the summary comes last.

    Parameters
    ----------
    name : str
        Record name of the annotation file.
    reviewed : bool
        Whether a review was applied. The beats are stored beside the unreviewed results only, as
        every review is of those.
    """
    beats = {} if reviewed else {f"{name}{BEATS_SUFFIX}": "application/octet-stream"}
    return {
        **beats,
        f"{name}.{EXTENSION}": "application/octet-stream",
        REPORT_FILE: "text/html; charset=utf-8",
        FHIR_FILE: "application/fhir+json",
        SUMMARY_FILE: "application/json",
    }


def write_outputs(
    scored: ScoredRecording,
    folder: Path,
    name: str,
    recording_id: str,
    study: Study | None = None,
) -> Summary:
    """Write annotations, report, FHIR document, summary and stored beats of a scored recording.

    Parameters
    ----------
    scored : ScoredRecording
        The recording.
    folder : Path
        Folder for the files.
    name : str
        Record name of the annotation file.
    recording_id : str
        ID of the recording in the documents.
    study : Study, optional
        What the caller says about the recording; only the FHIR document contains its references.

    Returns
    -------
    Summary
        The summary, as written.

    Raises
    ------
    SettingsError
        If the study contains what cannot be right, such as a subject that is no reference.
    """
    study = study or Study()
    refuse_faulty_study(study)
    rhythm = scored.rhythm
    listed = listed_events(rhythm.events, scored.settings.rhythm.events, kept=rhythm.finding_events)
    graphics = draw(scored, listed)
    summary = summarise(scored, listed, graphics, recording_id, study)
    fhir = diagnostic_report(summary, study.subject)
    write_annotations(scored, folder, name)
    if scored.review is None:
        stored = StoredBeats.of(scored, cluster_numbers(scored, graphics.clusters))
        (folder / f"{name}{BEATS_SUFFIX}").write_bytes(stored.to_bytes())
    operations = scored.review.operations if scored.review else ()
    report = render_report(summary, graphics, operations)
    (folder / REPORT_FILE).write_text(report, encoding="utf-8")
    (folder / FHIR_FILE).write_text(to_json(fhir), encoding="utf-8")
    (folder / SUMMARY_FILE).write_text(to_json(summary), encoding="utf-8")
    return summary

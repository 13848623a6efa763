"""Writes the result files of a scored recording, in the cloud and on a laptop."""

from pathlib import Path

from deepecg.outputs.disclosure.disclosure_page import write_disclosure
from deepecg.outputs.fhir import diagnostic_report
from deepecg.outputs.file_names import (
    BEAT_EXTENSION,
    BEATS_SUFFIX,
    DISCLOSURE_FILE,
    FHIR_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
)
from deepecg.outputs.graphics.report_graphics import cluster_numbers, draw
from deepecg.outputs.json_documents import to_json
from deepecg.outputs.report.report_page import render_report, report_clock
from deepecg.outputs.summarise import summarise
from deepecg.outputs.summary import Summary
from deepecg.outputs.wfdb_annotations import write_annotations
from deepecg.review.stored_beats import StoredBeats
from deepecg.rhythm.events import listed_events
from deepecg.scored_recording import ScoredRecording
from deepecg.study import Study, refuse_faulty_study

HTML = "text/html; charset=utf-8"


def output_files(name: str, *, disclosure: bool = True, reviewed: bool = False) -> dict[str, str]:
    """Return the files of a scored recording and their media types; the summary comes last.

    Parameters
    ----------
    name : str
        Record name of the annotation file.
    disclosure : bool
        Whether the full disclosure is written (:class:`~deepecg.study.Study`).
    reviewed : bool
        Whether a review was applied. The beats are stored beside the unreviewed results only, as
        every review is of those.
    """
    beats = {} if reviewed else {f"{name}{BEATS_SUFFIX}": "application/octet-stream"}
    return {
        **beats,
        f"{name}.{BEAT_EXTENSION}": "application/octet-stream",
        REPORT_FILE: HTML,
        **({DISCLOSURE_FILE: HTML} if disclosure else {}),
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
    """Write all result files of a scored recording, the stored beats included.

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
        What the caller says about the recording; only the FHIR document contains its references,
        and only the report, which may be embedded there, its patient label.

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
    stored = None
    if scored.review is None:
        stored = StoredBeats.of(scored, cluster_numbers(scored, graphics.clusters))
    summary = summarise(scored, listed, graphics, recording_id, study, stored=stored)
    report = render_report(
        summary,
        graphics,
        study,
        DISCLOSURE_FILE if study.disclosure else None,
        scored.review.operations if scored.review else (),
    )
    forms = {HTML: report.encode()} if study.embed_report else {}
    fhir = diagnostic_report(summary, study, forms)
    write_annotations(scored, folder, name)
    if study.disclosure:
        write_disclosure(scored, folder / DISCLOSURE_FILE, recording_id, report_clock(summary))
    else:
        (folder / DISCLOSURE_FILE).unlink(missing_ok=True)  # of an earlier result
    if stored is not None:
        (folder / f"{name}{BEATS_SUFFIX}").write_bytes(stored.to_bytes())
    (folder / REPORT_FILE).write_text(report, encoding="utf-8")
    (folder / FHIR_FILE).write_text(to_json(fhir), encoding="utf-8")
    (folder / SUMMARY_FILE).write_text(to_json(summary), encoding="utf-8")
    return summary

"""Free text of a file may hold a patient's name, which nothing that is written or said repeats."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import edfio
import numpy as np
import pytest
from exchange_file_writers import (
    aecg_document,
    aecg_sequence,
    aecg_series,
    aecg_times,
    scp_tags,
    scp_time_tags,
    write_dicom,
    write_hl7_aecg,
    write_scp_ecg,
)
from holter_file_writers import synthetic_ecg, write_edf, write_ishne, write_wfdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepecg.cli import main
from deepecg.errors import RefusedRecordingError
from deepecg.readers.open_recording import open_recording
from deepecg.readers.reading_options import ReadingOptions

SIGNALS = synthetic_ecg(30, 250, n_leads=2) + np.random.default_rng(0).normal(
    0, 0.01, (30 * 250, 2)
)
NAMES = st.from_regex(r"(?a)Z[q-x][a-z]{3,5}", fullmatch=True)
"""Surnames that fit into EDF's shortest field, and that no text of ours contains."""


def edf(folder: Path, name: str) -> Path:
    signal = edfio.EdfSignal(SIGNALS[:, 0], 250, label=name, physical_dimension=name)
    other = edfio.EdfSignal(SIGNALS[:, 0], 250, label=f"EMG {name}", physical_dimension="mV")
    path = folder / "r.edf"
    return write_edf(
        path, SIGNALS, leads=(f"ECG {name}", f"V5 {name}"), extra=(signal, other), name=name
    )


def edf_without_ecg(folder: Path, name: str) -> Path:
    return write_edf(folder / "r.edf", SIGNALS, leads=(f"EEG {name}", f"Resp {name}"))


def edf_without_label(folder: Path, name: str) -> Path:
    return write_edf(folder / "r.edf", SIGNALS, leads=(name, f"{name} {name}"))


def wfdb(folder: Path, name: str) -> Path:
    path = write_wfdb(
        folder / "r.hea", SIGNALS, leads=(f"ECG {name}", f"II # {name}"), comments=[name]
    )
    path.write_text(path.read_text().replace("/mV", f"/{name}", 1))
    return path


def ishne(folder: Path, name: str) -> Path:
    text = f"{name}\r\n".encode()
    return write_ishne(
        folder / "r.ecg", SIGNALS, names=(name, name, name), variable_block=text, crc=1
    )


def dicom(folder: Path, name: str) -> Path:
    return write_dicom(
        folder / "r.dcm",
        SIGNALS,
        leads=("II", f"ECG {name}"),
        PatientName=name,
        PatientComments=name,
        StudyDescription=name,
    )


def scp_ecg(folder: Path, name: str) -> Path:
    tags = [(0, name.encode()), (2, name.encode()), (30, name.encode()), *scp_time_tags()]
    assert name.encode() in scp_tags(tags)
    return write_scp_ecg(folder / "r.scp", SIGNALS, tags=tags)


def hl7_aecg(folder: Path, name: str) -> Path:
    more = f"<componentOf><subject><name>{name}</name></subject></componentOf>"
    return write_hl7_aecg(folder / "r.xml", SIGNALS, leads=("II", f"{name}"), more=more)


def hl7_aecg_of_another_unit(folder: Path, name: str) -> Path:
    digits = np.round(SIGNALS[:, 0] * 400).astype(int).tolist()
    sequences = [
        aecg_times('value="20240301093000"', 250),
        aecg_sequence(f"ECG {name}", digits, f'value="2.5" unit="{name}"'),
    ]
    path = folder / "r.xml"
    path.write_text(aecg_document([aecg_series(sequences)], f"<!-- {name} -->"))
    return path


def table(folder: Path, name: str) -> Path:
    rows = "\n".join(f"{ecg:.3f};{other:.3f};1" for ecg, other in SIGNALS)
    before = f"# {name}\nName,{name}\nSample Rate,250 hertz\n"
    path = folder / "r.csv"
    path.write_text(f"{before}ecg {name} [mV];{name} [{name[:8]}];Resp {name}\n{rows}\n")
    return path


def table_with_wrong_options(folder: Path, name: str) -> Path:
    (folder / "r.csv.json").write_text(json.dumps({f"unit_{name}": 1, name: name}))
    return table(folder, name)


def table_with_other_columns(folder: Path, name: str) -> Path:
    (folder / "r.csv.json").write_text(json.dumps({"columns": [f"{name} {name}"]}))
    return table(folder, name)


Writer = Callable[[Path, str], Path]
WRITERS = [
    edf, edf_without_ecg, edf_without_label, wfdb, ishne, dicom, scp_ecg, hl7_aecg,
    hl7_aecg_of_another_unit, table, table_with_wrong_options, table_with_other_columns,
]  # fmt: skip


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
@given(name=NAMES)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_reader_says_no_name(tmp_path: Path, write: Writer, name: str) -> None:
    for file in tmp_path.iterdir():
        file.unlink()
    path = write(tmp_path, name)
    assert any(name.encode() in file.read_bytes() for file in tmp_path.iterdir())
    for lead in (None, name, "9", "1"):
        said = ""
        try:
            recording = open_recording(path, ReadingOptions(lead=lead))
            said += repr([recording, recording.leads, recording.warnings, recording.set_aside])
        except RefusedRecordingError as error:
            said += str(error)
        assert name.casefold() not in said.casefold()


@pytest.mark.parametrize("write", WRITERS, ids=lambda write: write.__name__)
@pytest.mark.parametrize("printed", ["--json", "--waves"])
def test_nothing_that_is_written_or_printed_has_the_name(
    tmp_path: Path, write: Writer, printed: str, capfd: pytest.CaptureFixture[str]
) -> None:
    name = "Zquxter"
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    path = write(source, name)
    lead = ["--lead", f"ECG {name}"] if write in (edf, wfdb) else []
    main(["score", str(path), "--out", str(out), "--jobs", "1", printed, *lead])
    said = capfd.readouterr()
    assert out.is_dir()
    written = b"".join(
        file.name.encode() + file.read_bytes() for file in out.rglob("*") if file.is_file()
    )
    assert b"recording_id" in written
    for text in (said.out.encode(), said.err.encode(), written):
        assert not re.search(name.encode(), text, re.IGNORECASE)

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from exchange_file_writers import write_dicom, write_hl7_aecg, write_scp_ecg
from holter_file_writers import synthetic_ecg, write_edf, write_ishne, write_wfdb
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deepecg.errors import EmptyFileError, RefusedRecordingError, UnknownFormatError
from deepecg.readers.found_recordings import files_in, sort_paths
from deepecg.readers.open_recording import open_recording
from deepecg.recording import Recording

SIGNALS = synthetic_ecg(4, 200, n_leads=2)
WRITERS: dict[str, Callable[..., Path]] = {
    "r.hea": write_wfdb,
    "r.edf": write_edf,
    "r.bdf": write_edf,
    "r.ecg": write_ishne,
    "r.dcm": write_dicom,
    "r.scp": write_scp_ecg,
    "r.xml": write_hl7_aecg,
}
FORMATS = {
    "r.hea": "wfdb", "r.edf": "edf", "r.bdf": "edf", "r.ecg": "ishne", "r.dcm": "dicom",
    "r.scp": "scp_ecg", "r.xml": "hl7_aecg",
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_opens_every_format(tmp_path: Path, name: str) -> None:
    recording = open_recording(WRITERS[name](tmp_path / name, SIGNALS, 200))
    assert recording.format == FORMATS[name]
    assert recording.n_samples == len(SIGNALS)
    assert recording.duration_s == 4


@pytest.mark.parametrize("name", WRITERS)
def test_samples_are_read_wherever_the_process_has_gone_since_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    WRITERS[name](tmp_path / name, SIGNALS, 200)
    monkeypatch.chdir(tmp_path)
    recording = open_recording(Path(name))
    monkeypatch.chdir("/")
    np.testing.assert_allclose(recording.read(0, 0, 100), SIGNALS[:100, 0], rtol=0, atol=0.01)


def test_stem_of_a_wfdb_record(tmp_path: Path) -> None:
    write_wfdb(tmp_path / "r.hea", SIGNALS, 200)
    (tmp_path / "r").mkdir()
    assert open_recording(tmp_path / "r").format == "wfdb"


@pytest.mark.parametrize("name", ["r.edf", "r.bdf", "r.ecg", "r.dcm", "r.scp", "r.xml"])
@pytest.mark.parametrize("suffix", [".ECG", ".edf", ".hea", ".bin", ""])
def test_content_decides_before_the_suffix(tmp_path: Path, name: str, suffix: str) -> None:
    path = WRITERS[name](tmp_path / name, SIGNALS, 200).rename(tmp_path / f"renamed{suffix}")
    assert open_recording(path).format == FORMATS[name]


def test_header_in_upper_case(tmp_path: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, 200).rename(tmp_path / "R.HEA")
    assert open_recording(path).format == "wfdb"


def test_long_lead_description_is_cut(tmp_path: Path) -> None:
    path = write_wfdb(tmp_path / "r.hea", SIGNALS, 200)
    first, signal, rest = path.read_text().split("\n", 2)
    signal += " lead of the patient " + "x" * 400_000 + " Jane Doe"
    path.write_text(f"{first}\n{signal}\n{rest}")
    leads = open_recording(path).leads
    assert leads == ("I lead", "II")


@pytest.mark.parametrize("name", ["a.edf", "a.bdf", "a.ecg", "a.txt", "a"])
@pytest.mark.parametrize(
    "content", [b"Dear reader,\n", b"r 1 250 50\n", b"\x00\x01\x02", b"%PDF-1.7"]
)
def test_other_content_is_unknown(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnknownFormatError):
        open_recording(tmp_path / name)


@pytest.mark.parametrize("name", ["a.hea", "a.edf", "a.bdf", "a.ecg", "a"])
def test_empty_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(EmptyFileError):
        open_recording(tmp_path / name)


@pytest.mark.parametrize("name", ["a.hea", "a.edf", "a.ecg", "a"])
def test_missing_file_is_file_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        open_recording(tmp_path / name)


def test_recordings_of_a_folder(tmp_path: Path) -> None:
    sub = tmp_path / "sub"
    sub.mkdir()
    wanted = [
        write_ishne(tmp_path / "b.ECG", SIGNALS, 200),
        write_edf(tmp_path / "c.edf", SIGNALS, 200),
        write_wfdb(sub / "d.hea", SIGNALS, 200),
        sub / "damaged.hea",
    ]
    (sub / "damaged.hea").write_text("no header")
    (sub / ".hidden.edf").write_text("")
    (sub / "notes.txt").write_text("")
    assert list(sort_paths(files_in(tmp_path)).recordings) == sorted(wanted)


def test_segments_of_a_multi_segment_record_are_not_listed(tmp_path: Path) -> None:
    headers = {
        "long": "long/2 1 200 400\ns1 200\nlong 200\n",
        "s1": "s1 1 200 200\ns1.dat 16 200 16 0 0 0 0 II\n",
        "loop": "loop/1 1 200 200\nlong 200\n",
        "self": "self 1 200 200\nself.hea 16 200 16 0 0 0 0 II\n",
        "thief": "thief 1 200 200\nplain.hea 16 200 16 0 0 0 0 II\n",
        "plain": "plain 1 200 200\nplain.dat 16 200 16 0 0 0 0 II\n",
    }
    for name, content in headers.items():
        (tmp_path / f"{name}.hea").write_text(content)
    found = {path.stem for path in sort_paths(files_in(tmp_path)).recordings}
    assert found == headers.keys() - {"s1"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, bytes]]:
    folder = tmp_path_factory.mktemp("small")
    files = {}
    for name, write in WRITERS.items():
        path = write(folder / name, SIGNALS[:400], 200)
        files[name] = path, path.read_bytes()
    path = write_edf(folder / "d.edf", SIGNALS, 200, onsets_s=[0, 1, 5, 6])
    files["d.edf"] = path, path.read_bytes()
    # Segments of a multi-segment record are damaged through their master.
    path = folder / "m.hea"
    path.write_text("m/3 2 200 1000\nr 400\n~ 200\nr 400\n")
    files["m.hea"] = path, path.read_bytes()
    return files


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from([*WRITERS, "d.edf", "m.hea"]),
    changes=st.lists(st.tuples(st.integers(0, 1023), st.integers(0, 255)), max_size=6),
    digits=st.lists(
        st.tuples(st.integers(0, 1023), st.sampled_from(b"0123456789-+ /.")), max_size=4
    ),
    cut=st.one_of(st.none(), st.integers(0, 2000)),
)
@example(name="r.edf", changes=[], digits=[], cut=None)
def test_damaged_bytes_are_read_or_rejected(
    small: dict[str, tuple[Path, bytes]],
    name: str,
    changes: list[tuple[int, int]],
    digits: list[tuple[int, int]],
    cut: int | None,
) -> None:
    path, content = small[name]
    damaged = bytearray(content)
    for offset, value in [*changes, *digits]:
        damaged[offset % len(damaged)] = value
    tracemalloc.start()
    try:
        path.write_bytes(damaged[:cut])
        recording = open_recording(path)
        for lead in range(len(recording.leads)):
            assert len(recording.read(lead, 0, 500)) == min(500, recording.n_samples)
            end = recording.n_samples
            assert len(recording.read(lead, end - 500, end)) == min(500, end)
    except RefusedRecordingError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        path.write_bytes(content)
    assert peak < 50e6


def test_a_value_that_no_recorder_writes_is_a_missing_sample() -> None:
    stored = np.array([0.1, 1e30, -np.inf, -2.0, 1e9], np.float32)
    recording = Recording(
        format="edf",
        sampling_rate_hz=250.0,
        leads=("II",),
        n_samples=5,
        read_samples=lambda lead, start, stop: stored[start:stop],
    )
    assert np.isnan(recording.read(0, 0, 5)).tolist() == [False, True, True, False, False]
    assert recording.read(0, 3, 5).tolist() == stored[3:].tolist()

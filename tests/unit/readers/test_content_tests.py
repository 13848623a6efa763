"""Formats are recognised by content, and other content is not."""

import json
from pathlib import Path

import pytest
from holter_file_writers import synthetic_ecg, write_edf, write_ishne, write_wfdb

from deepecg.readers.content_tests import is_edf_header, is_wfdb_header

SIGNALS = synthetic_ecg(4, 200, n_leads=2)


@pytest.mark.parametrize(
    "version", [b"1       ", b"        ", b"0\0\0\0\0\0\0\0", b"EDF+C   ", b"0.00    "]
)
def test_edf_of_another_version(tmp_path: Path, version: bytes) -> None:
    content = version + write_edf(tmp_path / "r.edf", SIGNALS, 200).read_bytes()[8:]
    assert is_edf_header(content)
    assert not is_edf_header(content[:200])
    for start, stop in ((184, 192), (236, 244), (244, 252), (252, 256)):
        assert not is_edf_header(content[:start] + b"x" * (stop - start) + content[stop:])


def test_edf_with_decimal_commas_and_other_separators(tmp_path: Path) -> None:
    content = write_edf(tmp_path / "r.edf", SIGNALS, 200).read_bytes()
    content = (
        b"1" + content[1:168] + b"01/03/2409:30:00" + content[184:244] + b"1,0     " + content[252:]
    )
    assert is_edf_header(content)


def test_no_edf(tmp_path: Path) -> None:
    columns = "".join(f"{number:8d}" for number in range(1, 100))
    others = [
        columns.encode(),
        b"time;ECG\n" + b"0,004;0,1\n" * 200,
        json.dumps([0] * 500).encode(),
        write_ishne(tmp_path / "r.ecg", SIGNALS, 200).read_bytes(),
        bytes(4096),
        b" " * 4096,
        b"1" * 4096,
    ]
    assert [is_edf_header(head[:4096]) for head in others] == [False] * len(others)


@pytest.mark.parametrize("fmt", ["16", "212", "80", "8", "310"])
def test_wfdb_headers(tmp_path: Path, fmt: str) -> None:
    header = write_wfdb(
        tmp_path / "r.hea", SIGNALS, 200, fmt=fmt, gain=40, comments=["x"]
    ).read_bytes()
    for content in (
        header,
        b"# made by x\r\n\r\n" + header.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + header,
    ):
        assert is_wfdb_header(content)


@pytest.mark.parametrize(
    "header",
    [
        b"s/2 2 360 1000\ns_1 500\n~ 500\n",
        b"s-1/2 2 360\ns_layout 0\ns_1 500\n",
        b"100 2 360 650000\n100.dat 212x2:3+24 200 11 1024\n100.dat 212\n",
        b"r 1\nr.dat 16\n",
        b"r 1 360/1(0) 100 31:51.982\n~ 0 200\n",
    ],
)
def test_wfdb_headers_of_other_kinds(header: bytes) -> None:
    assert is_wfdb_header(header)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"\n", b"Dear reader,\nyours", b"r 1 250 50\n", b"r 0 128 0\nr.dat 16\n",
        b"0.000 1 2\n0.004 16 3\n", b"0 1 2\n1 16 3\n", b"time I II\n0 16 3\n", b"x,1,2\nx,16,3\n",
        b"room 3\nbed 16a\n", b"\x00\x01" * 500,
    ],
)  # fmt: skip
def test_no_wfdb_header(text: bytes) -> None:
    assert not is_wfdb_header(text)

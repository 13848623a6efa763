"""What every test shares: where the data lies, and skips that fail in CI."""

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "unit" in Path(item.path).parts:
            item.add_marker(pytest.mark.disable_socket)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be missing: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with mitdb/, svdb/, nstdb/ and rhythm/, named by DEEPECG_DATA."""
    folder = os.environ.get("DEEPECG_DATA")
    if not folder or not (Path(folder) / "mitdb").is_dir():
        pytest.skip("needs DEEPECG_DATA: a folder with mitdb/, svdb/, nstdb/, rhythm/ (see README)")
    return Path(folder)


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The folder of the committed model and its card."""
    return Path(__file__).parents[1] / "layers/model"

"""The subcommand ``serve`` where its packages are missing."""

import sys

import pytest

from deepecg.cli import main


@pytest.mark.parametrize("package", ["uvicorn", "moto", "boto3"])
def test_a_missing_package_is_said_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], package: str
) -> None:
    for name in ("embedded", "serve.service", "serve.storage", "serve.worker"):
        monkeypatch.delitem(sys.modules, f"deepecg.cloud.{name}", raising=False)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemExit) as caught:
        main(["serve"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert package in said
    assert "pip install 'deepecg[serve]'" in said

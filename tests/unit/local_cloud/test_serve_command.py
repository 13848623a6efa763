"""The subcommand ``serve`` without its optional packages."""

import sys

import pytest

from deepecg.cli import main


@pytest.mark.parametrize("package", ["uvicorn", "moto", "boto3", "yaml"])
def test_a_missing_package_is_reported_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], package: str
) -> None:
    for name in [name for name in sys.modules if name.startswith("deepecg.local_cloud.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(SystemExit) as caught:
        main(["serve"])
    assert caught.value.code == 2
    said = capsys.readouterr().err
    assert package in said
    assert "pip install 'deepecg[serve]'" in said

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from deepecg.beats.model_card import conditioning_of
from deepecg.errors import ModelMismatchError
from deepecg.signal.settings import ConditioningSettings
from deepecg.waves.settings import RelativeLeadSettings
from deepecg.waves.wave_card import WAVE_CARD_FILE, WAVE_FOLDER, WAVE_MODEL_FILE, read_wave_card
from deepecg.waves.wave_segmentation import WaveSegmentation


@pytest.fixture
def folder(model_dir: Path, tmp_path: Path) -> Path:
    """A copy of the network that a test may break."""
    return Path(shutil.copytree(model_dir / WAVE_FOLDER, tmp_path / WAVE_FOLDER))


def change_card(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    card = json.loads((folder / WAVE_CARD_FILE).read_text())
    change(card)
    (folder / WAVE_CARD_FILE).write_text(json.dumps(card))


def test_the_committed_network_is_the_one_its_card_describes(model_dir: Path) -> None:
    card = read_wave_card(model_dir / WAVE_FOLDER)
    content = (model_dir / WAVE_FOLDER / WAVE_MODEL_FILE).read_bytes()
    assert sha256(content).hexdigest() == card.sha256
    assert card.document["model"]["bytes"] == len(content) <= 213 * 1024
    assert card.conditioning == conditioning_of(ConditioningSettings())
    assert card.relative_lead == RelativeLeadSettings()
    assert card.version.startswith("waves-")


def test_no_record_held_back_or_of_the_test_set_was_trained_on(model_dir: Path) -> None:
    training = read_wave_card(model_dir / WAVE_FOLDER).document["training"]
    assert len(training["records"]) > 150
    assert not set(training["records"]) & set(training["held_back"])
    ds2 = [
        "100",
        "103",
        "105",
        "111",
        "113",
        "117",
        "121",
        "123",
        "200",
        "202",
        "210",
        "212",
        "213",
        "214",
        "219",
        "221",
        "222",
        "228",
        "231",
        "232",
        "233",
        "234",
    ]
    numbers = {record.split("/")[1].removeprefix("sel") for record in training["records"]
               if not record.startswith("ludb")}  # fmt: skip
    assert not numbers & set(ds2)


@pytest.mark.parametrize(
    "change",
    [
        lambda card: card.update(card_version=99),
        lambda card: card.pop("window_samples"),
        lambda card: card.update(kinds=["QRS", "P", "T"]),
        lambda card: card["relative_lead"].update(unknown=1),
        lambda card: card["model"].update(sha256="0" * 64),
    ],
)
def test_a_card_that_does_not_fit_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], Any]
) -> None:
    change_card(folder, change)
    with pytest.raises(ModelMismatchError, match="found"):
        read_wave_card(folder)


def test_a_changed_or_missing_file_is_refused(folder: Path) -> None:
    with (folder / WAVE_MODEL_FILE).open("ab") as file:
        file.write(b" ")
    with pytest.raises(ModelMismatchError, match="SHA-256"):
        read_wave_card(folder)
    (folder / WAVE_MODEL_FILE).unlink()
    with pytest.raises(ModelMismatchError):
        read_wave_card(folder)


def test_a_network_with_another_window_is_refused(folder: Path) -> None:
    change_card(folder, lambda card: card.update(window_samples=4096))
    with pytest.raises(ModelMismatchError, match="4096"):
        WaveSegmentation.load(folder)


def test_other_conditioning_is_refused_and_changes_the_version(folder: Path) -> None:
    card = read_wave_card(folder)
    card.refuse_other_conditioning(ConditioningSettings())
    with pytest.raises(ModelMismatchError):
        card.refuse_other_conditioning(replace(ConditioningSettings(), high_hz=40.0))
    change_card(folder, lambda content: content["conditioning"].update(high_hz=40.0))
    assert read_wave_card(folder).version != card.version

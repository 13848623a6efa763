"""Pseudonyms of uploads: the same for the same name, and nothing of the name in them."""

import re
import unicodedata
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepecg.cloud.upload_pseudonyms import is_api_folder, key_in, new_folder
from deepecg.cloud.upload_settings_files import is_own_settings_file

FOLDER = "api/6nV1sVJmQ0uVYxkq0C8XQA/"
RANDOM = "6nV1sVJmQ0uVYxkq0C8XQA"
FORM = re.compile(
    r"api/[A-Za-z0-9_-]{22}/(settings\.json|[0-9a-f]{20}(\.settings\.json|\.(hea|dat|zip|(edf|bdf|rec|[eb]df\+|ecg|ish|ishne|dcm|dicom|scp|xml|aecg|csv|tsv)(\.gz)?))?)"
)
names = st.text(st.characters(codec="utf-8", exclude_characters="/\\"), min_size=1, max_size=100)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:20]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("100.hea", digest(f"{RANDOM}/100") + ".hea"),
        ("100.dat", digest(f"{RANDOM}/100") + ".dat"),
        ("100.HEA", digest(f"{RANDOM}/100") + ".hea"),
        ("Holter.EDF", digest(f"{RANDOM}/holter") + ".edf"),
        ("Holter.settings.json", digest(f"{RANDOM}/holter") + ".settings.json"),
        ("Holter.EDF.gz", digest(f"{RANDOM}/holter") + ".edf.gz"),
        ("holter.diary.csv", digest(f"{RANDOM}/holter") + ".diary.csv"),
        ("Mueller.gz", digest(f"{RANDOM}/mueller.gz")),
        ("100.atr", digest(f"{RANDOM}/100.atr")),
        ("100", digest(f"{RANDOM}/100")),
        ("x.Mueller", digest(f"{RANDOM}/x.mueller")),
        (".hea", digest(f"{RANDOM}/") + ".hea"),
        ("settings.json", "settings.json"),
    ],
)
def test_pseudonym(name: str, expected: str) -> None:
    assert key_in(FOLDER, name) == FOLDER + expected


@given(names)
def test_form(name: str) -> None:
    assert FORM.fullmatch(key_in(new_folder(), name))


@given(names)
def test_case_and_spelling_of_letters_are_the_same_name(name: str) -> None:
    key = key_in(FOLDER, name)
    assert key_in(FOLDER, unicodedata.normalize("NFD", name)) == key
    if name.isascii():
        assert key_in(FOLDER, name.upper()) == key


@given(names, names)
def test_other_names_have_other_keys(one: str, other: str) -> None:
    def plain(name: str) -> str:
        return unicodedata.normalize("NFC", name).casefold()

    assert (key_in(FOLDER, one) == key_in(FOLDER, other)) == (plain(one) == plain(other))


@given(names)
def test_other_folders_keep_the_name(name: str) -> None:
    assert key_in("clinic 7/", name) == f"clinic 7/{name}"
    assert key_in("", name) == name


@given(names)
def test_another_upload_request_gives_another_digest(name: str) -> None:
    one, other = (key_in(new_folder(), name) for _ in range(2))
    assert one != other
    if not one.endswith("/settings.json"):
        assert one.rpartition("/")[2] != other.rpartition("/")[2]


def test_settings_file_has_the_stem_of_its_recording() -> None:
    key = key_in(FOLDER, "Holter.Settings.JSON")
    assert is_own_settings_file(key)
    assert key.removesuffix(".settings.json") == key_in(FOLDER, "holter.edf").removesuffix(".edf")


def test_folders_are_never_the_same() -> None:
    folders = {new_folder() for _ in range(1000)}
    assert len(folders) == 1000
    assert all(map(is_api_folder, folders))


@pytest.mark.parametrize(
    "folder",
    ["", "api/", "api/short/", f"x/{FOLDER}", FOLDER[:-1], f"{FOLDER}more/", f"{FOLDER}\n"],
)
def test_other_folders_are_none_of_the_api(folder: str) -> None:
    assert not is_api_folder(folder)

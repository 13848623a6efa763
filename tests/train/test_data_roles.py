"""Roles of the databases' records: what may be trained on, and what is refused."""

import re
from hashlib import sha256
from pathlib import Path

import pytest

from training.data_roles import (
    DS1,
    DS2,
    GROUPS,
    PACED,
    SVDB,
    SVDB_BLIND,
    HeldBackRecordError,
    MissingRecordError,
    Role,
    patient_of,
    record_digest,
    require_training_role,
    training_records,
)

# PhysioNet's svdb/RECORDS.
ALL_SVDB = [*range(800, 813), *range(820, 830), *range(840, 895)]
# PhysioNet's mitdb/RECORDS.
ALL_MITDB = [
    "100",
    "101",
    "102",
    "103",
    "104",
    "105",
    "106",
    "107",
    "108",
    "109",
    "111",
    "112",
    "113",
    "114",
    "115",
    "116",
    "117",
    "118",
    "119",
    "121",
    "122",
    "123",
    "124",
    "200",
    "201",
    "202",
    "203",
    "205",
    "207",
    "208",
    "209",
    "210",
    "212",
    "213",
    "214",
    "215",
    "217",
    "219",
    "220",
    "221",
    "222",
    "223",
    "228",
    "230",
    "231",
    "232",
    "233",
    "234",
]


def make_records(folder: Path, names: list[str], suffixes: tuple[str, ...] = SVDB.suffixes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        for suffix in suffixes:
            (folder / f"{name}.{suffix}").write_text(f"{name} {suffix}")


def test_every_record_of_the_two_training_databases_has_one_role() -> None:
    assert sorted(SVDB.names + SVDB_BLIND.names) == [str(n) for n in ALL_SVDB]
    assert (len(SVDB.names), len(SVDB_BLIND.names)) == (52, 26)
    assert sorted(DS1.names + DS2.names + PACED.names) == ALL_MITDB
    assert len(DS1.names) == len(DS2.names) == 22
    every = [record for group in GROUPS.values() for record in group.records]
    assert len(set(every)) == len(every)


def test_a_folder_with_the_whole_database_trains_on_the_same_52_records(tmp_path: Path) -> None:
    make_records(tmp_path / "svdb", [str(n) for n in ALL_SVDB])
    records = training_records(tmp_path, ("svdb",))
    assert records == SVDB.records
    assert not {*records} & {*SVDB_BLIND.records}


def test_training_records_follow_the_order_of_the_databases(tmp_path: Path) -> None:
    for group in (DS1, SVDB):
        make_records(tmp_path / group.folder, list(group.names))
    assert training_records(tmp_path, ("svdb", "mitdb")) == (*SVDB.records, *DS1.records)


def test_a_missing_record_is_named_with_the_command_that_downloads_it(tmp_path: Path) -> None:
    make_records(tmp_path / "svdb", [name for name in SVDB.names if name != "803"])
    make_records(tmp_path / "svdb", ["803"], ("hea", "dat"))
    command = f"wfdb.dl_database('svdb', '{tmp_path / 'svdb'}', records=['803'])"
    with pytest.raises(MissingRecordError, match=re.escape(command)) as raised:
        training_records(tmp_path, ("svdb",))
    assert "found no complete svdb/803 in" in str(raised.value)


@pytest.mark.parametrize("record", ["svdb/801", "mitdb/100", "mitdb/102", "rhythm/00", "own/1"])
def test_records_of_another_role_are_refused_in_training(record: str) -> None:
    with pytest.raises(HeldBackRecordError, match=f"{record} \\("):
        require_training_role([*DS1.records, record])


def test_all_training_records_are_accepted() -> None:
    require_training_role([*DS1.records, *SVDB.records])


def test_a_database_without_training_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeldBackRecordError, match="nstdb"):
        training_records(tmp_path, ("mitdb", "nstdb"))


def test_no_patient_of_a_test_record_is_trained_on_except_the_known_ones() -> None:
    patients: dict[bool, set[str]] = {True: set(), False: set()}
    for group in GROUPS.values():
        if group.role in {Role.TRAINING, Role.TEST, Role.BLIND}:
            patients[group.role is Role.TRAINING] |= {patient_of(each) for each in group.records}
    # 201 (DS1) and 202 (DS2) are one man in de Chazal's split; 118e* is 118 (DS1) with noise.
    assert patients[True] & patients[False] == {"mitdb/201", "mitdb/118"}


@pytest.mark.parametrize(
    ("record", "patient"),
    [
        ("mitdb/100", "mitdb/100"),
        ("mitdb/202", "mitdb/201"),
        ("202", "201"),
        ("nstdb/118e06", "mitdb/118"),
        ("nstdb/118e_6", "mitdb/118"),
        ("118e06", "118"),
        ("svdb/800", "svdb/800"),
        ("rhythm/100", "rhythm/100"),
        ("recording", "recording"),
    ],
)
def test_records_of_one_patient_have_one_patient_name(record: str, patient: str) -> None:
    assert patient_of(record) == patient


def test_the_digest_depends_on_the_files_that_are_read(tmp_path: Path) -> None:
    make_records(tmp_path / "svdb", ["800"])
    parts = [sha256(f"800 {suffix}".encode()).digest() for suffix in ("hea", "dat", "atr")]
    expected = sha256(b"".join(parts)).hexdigest()[:12]
    (tmp_path / "svdb" / "800.xws").write_text("not read")
    assert record_digest(tmp_path, "svdb/800") == expected
    (tmp_path / "svdb" / "800.atr").write_text("edited")
    assert record_digest(tmp_path, "svdb/800") != expected

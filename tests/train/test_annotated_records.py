import numpy as np
import pytest

from deepecg.beats.aami_classes import CLASSES
from training.annotated_records import fold_records
from training.annotation_files import BeatFile
from training.data_roles import DS1, DS2

# Published counts of beats by AAMI class (de Chazal et al. 2004, and the databases' own tables).
COUNTS = {
    "DS1": {"N": 45866, "S": 944, "V": 3788, "F": 415, "Q": 8},
    "DS2": {"N": 44259, "S": 1837, "V": 3221, "F": 388, "Q": 7},
}


@pytest.mark.parametrize(("split", "records"), [("DS1", DS1.records), ("DS2", DS2.records)])
def test_beats_by_class_are_the_published_ones(data_dir, split, records):
    labels = [BeatFile.read(data_dir / record).labels for record in records]
    found = np.bincount(np.concatenate(labels), minlength=len(CLASSES))
    assert dict(zip(CLASSES, found.tolist(), strict=True)) == COUNTS[split]


def test_ventricular_flutter_of_record_207_is_read(data_dir):
    flutter = BeatFile.read(data_dir / "mitdb" / "207").flutter
    assert len(flutter) > 0
    assert np.all(flutter[:, 1] > flutter[:, 0])


def made_up(n_records: int = 40) -> dict[str, np.ndarray]:
    """Records of two databases, with up to 300 S and 90 V beats each."""
    random = np.random.default_rng(0)
    return {
        f"{('mitdb', 'svdb')[number % 2]}/{number}": np.repeat(
            np.arange(3), [2000, random.integers(0, 300), random.integers(0, 90)]
        )
        for number in range(n_records)
    }


def test_every_record_is_in_one_fold_and_folds_are_the_same_each_time():
    labels = made_up()
    folds = fold_records(labels, 5)
    assert sorted(record for fold in folds for record in fold) == sorted(labels)
    assert [len(fold) for fold in folds] == [8] * 5
    assert fold_records(labels, 5) == folds
    assert fold_records(labels, 0) == []


def test_every_fold_gets_its_part_of_ectopic_beats_and_of_each_database():
    labels = made_up()
    for database in ("mitdb", "svdb"):
        folds = [
            [labels[record] for record in fold if record.startswith(database)]
            for fold in fold_records(labels, 5)
        ]
        assert {len(fold) for fold in folds} == {4}
        counts = np.array([(np.concatenate(fold) == 1).sum() for fold in folds])
        assert counts.max() < 1.5 * counts.min()


def test_records_are_dealt_forwards_and_backwards():
    labels = {f"svdb/{n}": np.ones(n, np.int64) for n in (80, 70, 60, 50, 40, 30)}
    folds = fold_records(labels, 3)
    assert folds == [["svdb/80", "svdb/30"], ["svdb/70", "svdb/40"], ["svdb/60", "svdb/50"]]


def test_records_of_one_patient_are_in_one_fold():
    labels = made_up() | {"mitdb/201": np.ones(900, np.int64), "mitdb/202": np.ones(90, np.int64)}
    labels |= {"nstdb/118e06": np.ones(50, np.int64), "mitdb/118": np.zeros(50, np.int64)}
    folds = fold_records(labels, 5)
    assert sorted(record for fold in folds for record in fold) == sorted(labels)
    for pair in ({"mitdb/201", "mitdb/202"}, {"nstdb/118e06", "mitdb/118"}):
        assert [len(pair & {*fold}) for fold in folds].count(2) == 1

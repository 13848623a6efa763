import numpy as np
import pytest

from deepecg.beats.aami_classes import CLASSES
from training.annotated_records import DS1, DS2, fold_records, read_annotations, training_records

# Published counts of beats by AAMI class (de Chazal et al. 2004, and the databases' own tables).
COUNTS = {
    "DS1": {"N": 45866, "S": 944, "V": 3788, "F": 415, "Q": 8},
    "DS2": {"N": 44259, "S": 1837, "V": 3221, "F": 388, "Q": 7},
}
PACED = {"102", "104", "107", "217"}


def test_the_split_is_de_chazals_without_paced_records():
    assert len(DS1) == len(DS2) == 22
    assert not set(DS1) & set(DS2)
    assert not PACED & {*DS1, *DS2}


@pytest.mark.parametrize(("split", "records"), [("DS1", DS1), ("DS2", DS2)])
def test_beats_by_class_are_the_published_ones(data_dir, split, records):
    labels = [read_annotations(data_dir / "mitdb" / record).labels for record in records]
    found = np.bincount(np.concatenate(labels), minlength=len(CLASSES))
    assert dict(zip(CLASSES, found.tolist(), strict=True)) == COUNTS[split]


def test_training_records_never_hold_ds2(data_dir):
    records = training_records(data_dir, ("mitdb", "svdb"))
    assert not {f"mitdb/{record}" for record in DS2} & set(records)
    assert len(records) > len(DS1)


def test_ventricular_flutter_of_record_207_is_known(data_dir):
    flutter = read_annotations(data_dir / "mitdb" / "207").flutter
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


def test_every_fold_has_its_part_of_the_ectopic_beats_and_of_each_database():
    labels = made_up()
    for database in ("mitdb", "svdb"):
        folds = [
            [labels[record] for record in fold if record.startswith(database)]
            for fold in fold_records(labels, 5)
        ]
        assert {len(fold) for fold in folds} == {4}
        counts = np.array([(np.concatenate(fold) == 1).sum() for fold in folds])
        assert counts.max() < 1.5 * counts.min()


def test_the_first_deal_goes_there_and_back():
    labels = {f"svdb/{n}": np.ones(n, np.int64) for n in (80, 70, 60, 50, 40, 30)}
    folds = fold_records(labels, 3)
    assert folds == [["svdb/80", "svdb/30"], ["svdb/70", "svdb/40"], ["svdb/60", "svdb/50"]]

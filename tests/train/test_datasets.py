import numpy as np
import pytest

from deepecg.classes import CLASSES
from training.datasets import DS1, DS2, read_annotations, training_records

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

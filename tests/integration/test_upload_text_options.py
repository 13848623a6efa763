"""What a table does not say about itself, in a file beside its upload."""

import gzip
import json

import numpy as np
import pytest
from holter_file_writers import synthetic_ecg
from integration.aws_with_clock_and_faults import Cloud

from deepecg.outputs.recording_id import recording_id

SIGNAL = synthetic_ecg(40, 130, n_leads=1)[:, 0]
NOISE = np.random.default_rng(0).normal(0, 0.01, SIGNAL.size)
TABLE = "".join(f"{1000 * v:.1f}\n" for v in SIGNAL + NOISE).encode()
OPTIONS = json.dumps({"sampling_rate_hz": 130, "unit": "uV", "columns": ["ecg"]}).encode()


@pytest.mark.parametrize("key", ["a.csv", "clinic/A.tsv"])
def test_options_apply_whichever_comes_first(cloud: Cloud, key: str) -> None:
    cloud.upload(f"{key}.json", OPTIONS)
    cloud.settle()
    assert cloud.result_keys("") == []
    cloud.upload(key, TABLE)
    cloud.settle()
    assert cloud.current(key)["outcome"] == "scored"


def test_options_are_of_a_packed_table_too(cloud: Cloud) -> None:
    cloud.upload("a.csv.gz", gzip.compress(TABLE))
    cloud.settle()
    assert cloud.current("a.csv.gz")["outcome"] == "rejected"
    cloud.upload("a.csv.json", OPTIONS)
    cloud.settle()
    assert cloud.current("a.csv.gz")["outcome"] == "scored"


def test_options_that_come_later_have_the_table_scored(cloud: Cloud) -> None:
    cloud.upload("a.csv", TABLE)
    cloud.upload("a.edf.json", OPTIONS)
    cloud.settle()
    assert cloud.current("a.csv")["outcome"] == "rejected"
    cloud.upload("a.csv.json", OPTIONS)
    cloud.settle()
    assert cloud.current("a.csv")["outcome"] == "scored"
    assert not cloud.result_keys(f"recordings/{recording_id('a.csv.json')}/")


def test_options_are_of_the_table_alone(cloud: Cloud, edf_file: bytes) -> None:
    cloud.upload("a.edf", edf_file)
    cloud.settle()
    before = cloud.bodies()
    cloud.upload("a.csv.json", b"{}")
    cloud.settle()
    assert cloud.bodies() == before


def test_wrong_options_are_a_rejection(cloud: Cloud) -> None:
    cloud.upload("a.csv.json", b'{"rate": 130}')
    cloud.upload("a.csv", TABLE)
    cloud.settle()
    assert cloud.current("a.csv")["outcome"] == "rejected"

import pytest
from synthetic_summary import made_up_summary, summary_of

from deepecg.outputs.value_with_path import SummaryValue


def test_a_value_has_the_path_of_its_keys() -> None:
    values = SummaryValue(summary_of(made_up_summary()))
    found = values.ventricular.longest_run.beats_count
    assert (found.value, found.path, found.key) == (
        11,
        "ventricular.longest_run.beats_count",
        "beats_count",
    )
    counted = values.beats.class_count["V"]
    assert (counted.value, counted.path) == (2_017, "beats.class_count.V")
    assert values.ventricular["count"] == values.ventricular.count


def test_values_of_a_block_that_is_null_are_none() -> None:
    document = made_up_summary()
    document["ventricular"]["longest_run"] = None
    found = SummaryValue(summary_of(document)).ventricular.longest_run.rate_bpm
    assert (found.value, found.path) == (None, "ventricular.longest_run.rate_bpm")


def test_a_name_that_no_summary_has_is_an_error() -> None:
    with pytest.raises(AttributeError, match="misspelt"):
        SummaryValue(summary_of(made_up_summary())).ventricular.misspelt  # noqa: B018

import pytest

from deepecg.mistyped_names import meant_by

KNOWN = ("pause_s", "patient_label", "lead", "unit")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("pause", ["pause_s"]),
        ("Pause_S", ["pause_s"]),
        ("pateint_label", ["patient_label"]),
        ("patient_labels", ["patient_label"]),
        ("patient_label_May", []),
        ("lead Meier", []),
        ("lead\n", []),
        ("Meier", []),
        ("", []),
    ],
)
def test_only_mistyped_names_are_repeated(name: str, meant: list[str]) -> None:
    assert meant_by(name, KNOWN) == meant

import pytest

from deepecg.readers.ecg_leads_and_units import is_ecg, millivolts_per_unit, units_found


@pytest.mark.parametrize(
    ("label", "unit", "ecg"),
    [
        ("ECG", "mV", True),
        ("II", "uV", True),
        ("", "\u00b5V", True),
        ("", "\u03bcV", True),
        ("CH1", "\u00c2\u00b5V", True),
        ("MLII", "V", True),
        ("aVF", "mV", True),
        ("ECG II-REF", "mV", True),
        ("ECG EKG-REF", "uV", True),
        ("EEG EKG1-REF", "uV", True),
        ("ECG-Ref", "uVolt", True),
        ("EKG-A1", "mVolt", True),
        ("Body ECG", "mV", True),
        ("ECG Pos", "mV", True),
        ("ECG", "", True),
        ("ECG", "bpm", False),
        ("EEG Fpz-Cz", "uV", False),
        ("E1-M2", "uV", False),
        ("RESP", "mV", False),
        ("abp_mean", "mV", False),
        ("II", "mmHg", False),
        ("II", "", False),
    ],
)
def test_is_ecg(label: str, unit: str, ecg: bool) -> None:
    assert is_ecg(label, unit) is ecg


@pytest.mark.parametrize(
    ("labels", "ecg"),
    [
        ("I II III aVR aVL aVF V1 V2 V3 V4 V5 V6 MLII MLIII X Y Z A B CM5 C1 D3 ES", True),
        ("Fp1 Fp2 Fz Cz C3 C4 O1 O2 P3 P4 T3 F7 LOC ROC E1 E2 Chin1 DC01 EEG1 EMG2 LLEG", False),
    ],
)
def test_ecg_lead_names_and_eeg_electrode_names(labels: str, ecg: bool) -> None:
    assert [label for label in labels.split() if is_ecg(label, "mV") is not ecg] == []


def test_units_found_are_distinct_and_cut_short() -> None:
    assert units_found(["bpm", "%", "bpm", " ", "Jane Doe 4711"]) == "%, JaneDoe4, bpm, none"
    assert len(units_found(str(n) * 400 for n in range(1000))) < 80


def test_millivolts_per_unit() -> None:
    assert [millivolts_per_unit(u) for u in ("mV", "uV ", "V", "nV", "mmHg", "")] == [
        1.0, 1e-3, 1e3, 1e-6, None, None,
    ]  # fmt: skip

from dataclasses import dataclass

import pytest

from deepecg.readers.ecg_signals import choose_ecg, other_signal, says_lead


@dataclass(frozen=True)
class Signal:
    label: str
    unit: str = "mV"
    sampling_rate_hz: float = 250.0
    n_samples: int = 1000


def leads(*signals: str | Signal) -> list[str]:
    """Return the labels of the signals that are chosen; ``!`` first if no label says ECG."""
    listed = [Signal(signal) if isinstance(signal, str) else signal for signal in signals]
    chosen = choose_ecg(listed)
    assert {*chosen.leads, *chosen.reasons} == set(range(len(listed)))
    assert not set(chosen.leads) & set(chosen.reasons)
    return [*([] if chosen.says_ecg else ["!"]), *(listed[lead].label for lead in chosen.leads)]


ECG = """
    ECG|ecg|EKG|ECG1|ECG 2|ECG I|ecg_II|EKG1-REF|EEG EKG1-REF|ECG EKG-REF|ECG-Ref|EKG-A1|
    ECG LA-RA|ECGL-ECGR|ECG [ECG1]|ECG II-REF|Body ECG|ECG Pos|ECG Meier|Thorax ECG|ecg_chest|
    ЭКГ|心电|心電図|Elektrokardiogramm|I|II|III|ii|aVR|aVL|avf|AVF+|V1|V6|v3R|V7|V9|vx|lead II|
    Lead I|Ableitung V5|DII|MLII|MLIII|ML5|MCL1|MV2|mod.V1|CM5|CC5|V1-V2|RA-LL|LA - RA|A-S|E-S|
    II Jane Doe|V5 (mod.)|
    Lead I (Einthoven)|MDC_ECG_LEAD_II|Non-contact ECG|leadII|II (derived)|ЕКГ
"""
OTHER = """
    ECG-HR|ECG HR|EcgHr|derived from ECG: HR|EDR|ECG resp|ECG_quality|ECGQuality|ECG lead off|
    ECG SQI|HR|HeartRate|RR|EEG|EEG Fpz-Cz|EEG(sec)|Fp1|P1|C3|C4-M1|A1|E1-M2|LOC|EOG horizontal|
    EMG|EMG1|EMG submental|Chin1-Chin2|LLEG|Leg/L|leg 1|PLMl|PLM R.|LAT|RAT|tremor|Muscle 2|
    ECG EMG|PCG|PCG-1|Phono|Heart sound|phonocardiogram|SCG|BCG|ICG|Z0|dZ/dt|Impedance|PPG|
    PPGraw|Pleth|PLETH|BVP|SpO2|SaO2|Pulse|GSR|foot GSR|hand_GSR|EDA|skin conductance|Resp|Resp2|
    RESP 1|Resp oro-nasal|Airflow|Nasal Pressure|Thorax|THOR RES|Abdomen_1|Snore|Chest|Atmung|
    Thorax V1|Pos.|Position|Body position|acc x|ACC|AccX|Acceleration|accelerometer_y|gyro z|ABP|
    ART|CVP|ICP|Temp rectal|Temperature|CO2|Event marker|STATUS|Trigger|pacer|Pacemaker|counter|
    annotations|DC1|light|battery|fECG|Direct_1|CS12|ST_II|ST1|OX STAT|no signal|unused|
    ЭЭГ 1|脑电1|呼吸
"""
SILENT = (
    "|CH1|chan 1|Channel 2|Signal 3|X|Y|V|D3|C1|Sensor II|Port V1|Jane Doe|lead 1|unknown|ID|ADC0"
)


def split(labels: str) -> list[str]:
    return [label.strip() for label in " ".join(labels.split()).split("|")]


@pytest.mark.parametrize("label", split(ECG))
def test_labels_that_say_ecg(label: str) -> None:
    assert says_lead(label)
    assert other_signal(label) is None
    assert leads("CH1", label) == [label]


@pytest.mark.parametrize("label", split(OTHER))
def test_labels_that_say_something_else(label: str) -> None:
    assert other_signal(label)
    assert leads(label) == ["!"]
    assert leads(label, "ECG") == ["ECG"]


@pytest.mark.parametrize("label", split(SILENT))
def test_labels_that_say_nothing(label: str) -> None:
    assert other_signal(label) is None
    assert not says_lead(label)
    assert leads(label) == ["!", label]


def test_what_is_sampled_faster_is_not_what_is_ecg() -> None:
    assert leads(Signal("LAT", "uV", 500), Signal("ECG", "mV", 200)) == ["ECG"]
    assert leads(Signal("PLMl", "uV", 512), Signal("CH7", "uV", 512), Signal("II", "mV", 256)) == [
        "II"
    ]


def test_leads_of_all_rates_are_leads() -> None:
    assert leads(Signal("ECG I", "mV", 1000), Signal("ECG II", "mV", 125)) == ["ECG I", "ECG II"]


def test_names_that_other_signals_have_too_are_leads_beside_names_of_leads() -> None:
    assert leads("II", "V", "ABP", Signal("PLETH", "NU")) == ["II", "V"]
    assert leads("D3", "V5") == ["D3", "V5"]
    assert leads("I", "II", "X", "Y", "Z") == ["I", "II", "X", "Y", "Z"]
    assert leads("II", "X", "Y", "Z", "acc magnitude") == ["II"]
    assert leads("ECG", "X", "Y", "Z") == ["ECG"]


def test_c3_and_c4_are_chest_leads_among_all_six_beside_limb_leads() -> None:
    chest = ["C1", "C2", "C3", "C4", "C5", "C6"]
    assert leads("I", "II", "aVR", *chest) == ["I", "II", "aVR", *chest]
    assert leads("ECG", *chest) == ["ECG"], "an EEG with an ECG channel"
    assert leads("II", "C3", "C4") == ["II"]


@pytest.mark.parametrize("unit", ["bpm", "%", "mmHg", "g", "\u00b0C", "m/s\u00b2", "Ohm"])
def test_a_unit_of_another_quantity_is_no_lead(unit: str) -> None:
    assert leads(Signal("ECG", unit)) == ["!"]
    assert leads(Signal("X", unit), Signal("", unit)) == ["!"]


@pytest.mark.parametrize("unit", ["", "adu", "counts", "?V", "LSB", "unknown"])
def test_a_label_that_says_ecg_needs_no_known_unit(unit: str) -> None:
    assert leads(Signal("ECG", unit)) == ["ECG"]


def test_a_rate_below_50_hz_is_no_lead_and_the_reason_says_so() -> None:
    chosen = choose_ecg([Signal("ECG 1", "mV", 25), Signal("ECG 2", "mV", 50)])
    assert chosen.leads == (1,)
    assert "25 Hz" in chosen.reasons[0]


def test_a_signal_without_samples_is_no_lead() -> None:
    assert leads(Signal("ECG 1", n_samples=0), "ECG 2") == ["ECG 2"]


def test_labels_of_a_format_that_holds_format_says_ecg_decide_nothing() -> None:
    chosen = choose_ecg([Signal("Thorax"), Signal(""), Signal("ECG")], format_says_ecg=True)
    assert chosen.leads == (0, 1, 2)
    assert chosen.says_ecg

import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deepecg.lead_names import WORD, harmless_name, position_of, unique_names

SURNAMES = """
    Schmidt Meier Müller Rossi García Fernández Nguyen Ivanova Петрова 王小明 Yamamoto O'Connor
    Kowalski Jensen Smith Jones Brown Taylor Özdemir Papadopoulos Dubois Svensson Haddad Okafor
    Virtanen Cohen Patel Singh Kim Lopez Nowak Horvat Novák Andersen Iverson Visser Ecgberht Ivy
""".split()  # noqa: SIM905


LEAD_NAMES = """
    I II III aVR -aVR aVL aVF V1 V6 V3R v5 MLII ML5 mod.V1 CM5 CC5 D3 X A-S E-S ECG ECG1 EKG
    EKG1-REF
    V1-V2 RA-LL ЭКГ 心电 EMG SpO2
""".split()  # noqa: SIM905


@pytest.mark.parametrize("label", LEAD_NAMES)
def test_names_of_leads_stay_as_they_are(label: str) -> None:
    assert harmless_name(label) == label


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ECG II", "ECG II"),
        ("ECG LA-RA", "ECG LA-RA"),
        ("Thorax V1", "Thorax V1"),
        ("  ECG \t II ", "ECG II"),
        ("ECG I (mod.)", "ECG I mod"),
        ("Ableitung II", "Ableitung II"),
        ("\uff36\uff11", "V1"),
        ("ECG Meier", "ECG"),
        ("ECG-Meier II", "ECG II"),
        ("ECGMeier", "ECG"),
        ("II Jane Doe", "II"),
        ("I Jane Doe", "I"),
        ("Jane I. Doe", ""),
        ("ECG Anna E. S. Li", "ECG"),
        ("ECG La Rosa", "ECG"),
        ("ECG Di Stefano", "ECG"),
        ("ECG 4711", "ECG"),
        ("ECG 12.03.45", "ECG"),
        ("V1 * 12 03 1945", "V1"),
        ("<b>V1:</b>", "V1"),
        ("ECG 1-2", "ECG 1-2"),
        ("MLII\0Doe", "MLII"),
        ("", ""),
        (" ;", ""),
    ],
)
def test_labels_are_cut_down_to_known_words(label: str, name: str) -> None:
    assert harmless_name(label) == name


@pytest.mark.parametrize("surname", SURNAMES)
@pytest.mark.parametrize("lead", ["ECG", "II", "V1", "EKG1-REF", "mod.V1", "Resp", ""])
@pytest.mark.parametrize("form", ["{0} {1}", "{1} {0}", "{0}_{1}", "{0}, {1} 12", "{0}/{1}, J. A."])
def test_no_surname_comes_through(surname: str, lead: str, form: str) -> None:
    shown = harmless_name(form.format(lead, surname)).casefold()
    assert surname.casefold() not in shown
    assert not any(part in shown for part in surname.casefold().split("'") if len(part) > 2)


@given(
    name=st.text(alphabet=string.ascii_letters + "äéøßñ", min_size=3, max_size=12),
    before=st.sampled_from(["ECG ", "II ", "V5_", "", "lead 2 "]),
)
def test_no_unknown_word_comes_through(name: str, before: str) -> None:
    assume(not WORD.fullmatch(name.casefold()))
    assume(not name.casefold().startswith(("ecg", "ekg")))
    assert name.casefold() not in harmless_name(before + name).casefold()


@given(st.text(max_size=300))
def test_names_are_short_single_line_and_stable(label: str) -> None:
    name = harmless_name(label)
    assert len(name) <= 16
    assert name == " ".join(name.split())
    assert not set(name) & set("<>&\"'\\\0")


def test_equal_names_are_numbered_and_empty_ones_have_the_number_of_their_signal() -> None:
    labels = ["ECG Meier", "ecg", "", "Jane Doe", "ECG"]
    assert unique_names(labels) == ("ECG", "ecg#2", "lead 3", "lead 4", "ECG#3")


@pytest.mark.parametrize(
    ("wanted", "position"),
    [
        ("ecg ii", 1),
        ("ECG II MEIER", 1),
        (" Ecg\u00a0II meier", 1),
        ("3", 3),  # a signal that is labelled 3 comes before the third
        ("2", 1),
        ("lead 3", 2),
        ("\u00e9cg", 4),
        ("e\u0301cg", 4),  # the same in another Unicode form
        ("V9", None),
        ("0", None),
        ("", None),
    ],
)
def test_a_signal_is_found_by_label_name_or_number(wanted: str, position: int | None) -> None:
    labels = ["Resp", "ECG II Meier", "", "3", "e\u0301cg"]
    assert position_of(wanted, labels, unique_names(labels), range(1, 6)) == position

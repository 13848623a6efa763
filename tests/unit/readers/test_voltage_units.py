import pytest

from deepecg.readers.voltage_units import (
    is_other_quantity,
    is_steps,
    millivolts_per_unit,
    unit_in_words,
)

ENCODINGS = """
    utf-8 latin-1 cp1252 cp437 cp850 mac_roman cp1251 iso8859_15 cp1254 gbk shift_jis cp866 koi8_r
""".split()  # noqa: SIM905


@pytest.mark.parametrize(
    ("units", "millivolts"),
    [
        ("V|v|Volt|volts|В|伏", 1e3),  # noqa: RUF001
        ("mV|MV|mv|mVolt|millivolt|milli volts|[mV]|mV.|millivol|ｍＶ|㎷|мВ|毫伏", 1.0),  # noqa: RUF001
        ("V/1000|10^-3 V|*10^-3V", 1.0),
        ("uV|UV|uVolt|uvolts|microV|micro V|micro-volt|microvol|µV|μV|µVolts|㎶", 1e-3),
        ("мкВ|微伏|10^-6 V|10⁻⁶ V|1e-6V|V/1000000", 1e-3),
        ("nV|nanovolt", 1e-6),
    ],
)
def test_spellings_of_volts(units: str, millivolts: float) -> None:
    found = {unit: millivolts_per_unit(unit) for unit in units.split("|")}
    assert found == pytest.approx(dict.fromkeys(found, millivolts))


@pytest.mark.parametrize(
    ("content", "read"),
    [
        (content, read)
        for content in (b"\xc2\xb5V", b"\xce\xbcV", b"\xb5V")  # UTF-8 twice, and Latin-1
        for read in ENCODINGS
    ],
)
def test_micro_signs_in_any_encoding(content: bytes, read: str) -> None:
    assert millivolts_per_unit(content.decode(read, errors="replace")) == 1e-3


def test_the_micro_sign_of_dos() -> None:
    assert [millivolts_per_unit(b"\xe6V".decode(read)) for read in ("latin-1", "gbk")] == [1e-3] * 2


@pytest.mark.parametrize("written", ["µV", "\u03bcV", "\u00c2\u00b5V", "µVolt"])
def test_micro_signs_that_a_writer_of_ascii_replaced(written: str) -> None:
    assert millivolts_per_unit(written.encode("ascii", errors="replace").decode()) == 1e-3


@pytest.mark.parametrize("unit", ["", "?", "mmHg", "adu", "kV", "bpm", "Jane", "uV/LSB"])
def test_other_units_are_no_known_voltage(unit: str) -> None:
    assert millivolts_per_unit(unit) is None


def test_other_quantities_and_steps() -> None:
    others = ["bpm", "%", "mmHg", "g", "degC", "\u00b0C", "Ohm", "\u03a9", "m/s\u00b2", "l/min"]
    assert [unit for unit in others if not is_other_quantity(unit)] == []
    steps = ["adu", "ADC", "counts", "LSB", "A.U.", "n.u."]
    assert [unit for unit in steps if not is_steps(unit) or is_other_quantity(unit)] == []
    assert not any(is_other_quantity(unit) for unit in ["mV", "uV", "", "?V"])


def test_messages_contain_known_units_only() -> None:
    words = [unit_in_words(unit) for unit in ("mmHg", "Jane Doe", "", "ADU")]
    assert words == ["mmhg", "unknown", "none", "adu"]

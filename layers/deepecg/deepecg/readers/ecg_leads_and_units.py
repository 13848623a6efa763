"""Names by which readers that list no :class:`FileSignal` choose leads and read units."""

from collections.abc import Collection, Sequence, Sized
from dataclasses import dataclass

from deepecg.errors import NoLeadsError
from deepecg.readers.ecg_signals import choose_ecg
from deepecg.readers.voltage_units import millivolts_per_unit

__all__ = ["ecg_leads", "excluded", "millivolts_per_unit"]


@dataclass(frozen=True)
class _Signal:
    label: str
    unit: str
    sampling_rate_hz: float = 250.0
    n_samples: int = 1


def ecg_leads(
    signals: Sequence[tuple[str, str]], warnings: dict[str, str], absent: Collection[int] = ()
) -> list[int]:
    """Return which signals of a file are ECG leads.

    Parameters
    ----------
    signals : sequence of (str, str)
        Label and unit of every signal, as the file writes them.
    warnings : dict of str to str
        Message by code; gets ``not_ecg`` if other signals are excluded.
    absent : collection of int
        Indices of signals without samples, which are never leads.

    Returns
    -------
    list of int
        Indices into ``signals``, at least one.

    Raises
    ------
    NoLeadsError
        If no signal is an ECG lead.
    """
    chosen = choose_ecg(
        [_Signal(*signal, n_samples=n not in absent) for n, signal in enumerate(signals)]
    )
    if not chosen.leads:
        raise NoLeadsError(f"found {len(signals)} signals but no ECG, expected one")
    warnings |= excluded("not_ecg", chosen.leads, signals, "signals", "no ECG by label or unit")
    return list(chosen.leads)


def excluded(code: str, kept: Sized, found: Sized, what: str, reason: str) -> dict[str, str]:
    """Return a warning that some signals or leads are excluded; none if all are kept.

    Parameters
    ----------
    code : str
        Code of the warning.
    kept, found : sized
        The signals or leads after and before.
    what : str
        What they are, in the plural.
    reason : str
        Why some are excluded.

    Returns
    -------
    dict of str to str
        The message by its code.
    """
    n_excluded = len(found) - len(kept)
    return {code: f"excluded {n_excluded} of {len(found)} {what}: {reason}"} if n_excluded else {}

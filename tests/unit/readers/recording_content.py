"""What tests compare of an opened recording."""

import numpy as np

from deepecg.recording import Recording


def whole(recording: Recording, chunk: int = 10**9) -> np.ndarray:
    """All leads in mV, read ``chunk`` samples at a time: shape (n_samples, n_leads)."""
    starts = range(0, recording.n_samples, chunk)
    leads = range(len(recording.leads))
    return np.stack(
        [np.concatenate([recording.read(i, at, at + chunk) for at in starts]) for i in leads],
        axis=1,
    )


def codes(recording: Recording) -> list[str]:
    """The codes of the recording's warnings, in their order."""
    return [warning.code for warning in recording.warnings]

"""Stored beats (``NAME.beats.npz``): all that a review needs besides the signal.

With them, a review does not have to detect and classify the beats again, and refers to exactly
these beats: :attr:`StoredBeats.sha256` is a digest of the arrays.
"""

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from hashlib import sha256
from itertools import chain
from math import prod
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from deepecg.arrays import Bools, Floats, Floats32, Ints
from deepecg.beats.aami_classes import CLASSES
from deepecg.beats.model_card import ModelCard
from deepecg.errors import StoredBeatsError
from deepecg.recording import Recording
from deepecg.rhythm.settings import RhythmSettings
from deepecg.scored_recording import ScoredRecording
from deepecg.settings import ScoringSettings
from deepecg.signal.conditioning import ConditionedLead
from deepecg.signal.quality import QualityFlags
from deepecg.time_units import SECONDS_PER_DAY
from deepecg.waves.waves import Waves

FORMAT_VERSION: Final = 1
MAX_BYTES = 400_000_000
"""Largest size of the arrays, which is that of 30 days at 130 beats a minute."""
MAX_SECONDS = 90 * SECONDS_PER_DAY
"""Largest number of seconds, of the longest recording that is read."""
FAULTS: Final = tuple(field.name for field in fields(QualityFlags))
WAVES: Final = tuple(field.name for field in fields(Waves))
DTYPES: Final[dict[str, str]] = {
    "about": "|u1",
    "times_s": "<f8",
    "labels": "|i1",
    "probability": "<f4",
    "classified": "|i1",
    "conducted": "|b1",
    "with_flutter_waves": "|b1",
    "cluster": "<i4",
    "leads": "<i4",
    "baselines_mv": "<f8",
    "faults": "|b1",
    **{name: "<f4" if name.endswith("probability") else "<f8" for name in WAVES},
}
"""Arrays of the file and their types; a file has exactly these."""
LEVEL = 1
"""Compression: the fastest. Higher ones take three times as long for a tenth less."""


@dataclass(frozen=True)
class StoredBeats:
    """The beats of a recording as the software found them.

    Attributes
    ----------
    times_s : ndarray of float64, shape (n_beats,)
        R peaks in seconds from the recording's start.
    labels : ndarray of int8, shape (n_beats,)
        Final class, as an index into :data:`deepecg.beats.aami_classes.CLASSES`.
    probability : ndarray of float32, shape (n_beats,)
        Probability of that class.
    classified : ndarray of int8, shape (n_beats,)
        Class before the beats in atrial fibrillation, flutter and AV block became normal.
    conducted, with_flutter_waves : ndarray of bool, shape (n_beats,)
        Beats that are conducted with a wide QRS complex, and that lie in flutter waves.
    cluster : ndarray of int32, shape (n_beats,)
        Number of the morphology cluster in the report; 0 for beats in none.
    waves : Waves
        P, QRS and T of every beat.
    leads : ndarray of int32, shape (n_leads,)
        Numbers of the leads in use, the primary first.
    baselines_mv : ndarray of float64, shape (n_leads,)
        Level of each that was subtracted before conditioning.
    faults : ndarray of bool, shape (n_leads, 4, n_seconds)
        Their quality flags, in the order of :class:`~deepecg.signal.quality.QualityFlags`.
    about : dict
        Recording, model and settings that they belong to.
    """

    times_s: Floats
    labels: NDArray[np.int8]
    probability: Floats32
    classified: NDArray[np.int8]
    conducted: Bools
    with_flutter_waves: Bools
    cluster: NDArray[np.int32]
    waves: Waves
    leads: NDArray[np.int32]
    baselines_mv: Floats
    faults: Bools
    about: dict[str, Any]

    @classmethod
    def of(cls, scored: ScoredRecording, cluster: Ints) -> "StoredBeats":
        """Return the beats of a recording that was not reviewed.

        Parameters
        ----------
        scored : ScoredRecording
            The recording.
        cluster : ndarray of int64, shape (n_beats,)
            Number of each beat's morphology cluster; 0 for none.
        """
        rhythm, beats = scored.rhythm, scored.beats
        return cls(
            beats.times_s,
            beats.labels.astype(np.int8),
            np.take_along_axis(beats.probabilities, beats.labels[:, None], axis=1)[:, 0],
            rhythm.classified.labels.astype(np.int8),
            rhythm.conducted,
            rhythm.with_flutter_waves,
            cluster.astype(np.int32),
            scored.waves,
            np.array([lead.number for lead in scored.used], np.int32),
            np.array([lead.conditioned.baseline_mv for lead in scored.used], np.float64),
            np.array([[getattr(lead.flags, name) for name in FAULTS] for lead in scored.used]),
            _about(scored.recording, scored.card, scored.settings)
            | {"signal_sha256": signal_digest([lead.conditioned for lead in scored.used])},
        )

    @cached_property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays of the file by name."""
        about = json.dumps(self.about, sort_keys=True).encode()
        own = {name: getattr(self, name) for name in DTYPES if hasattr(self, name)}
        found = own | vars(self.waves) | {"about": np.frombuffer(about, np.uint8)}
        return {name: np.ascontiguousarray(found[name], dtype) for name, dtype in DTYPES.items()}

    @cached_property
    def sha256(self) -> str:
        """Digest of the arrays, hexadecimal: of what was found, not of the file."""
        digest = sha256()
        for name, array in self.arrays.items():
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(array.data)
        return digest.hexdigest()

    @property
    def flags(self) -> tuple[QualityFlags, ...]:
        """Quality flags of each lead in use."""
        return tuple(QualityFlags(*of_lead) for of_lead in self.faults)

    def to_bytes(self) -> bytes:
        """Return the file: an npz archive, with the same bytes for the same arrays."""
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, array in self.arrays.items():
                member = io.BytesIO()
                np.lib.format.write_array(member, array, allow_pickle=False)
                entry = zipfile.ZipInfo(f"{name}.npy")  # of 1980: no time of writing
                archive.writestr(entry, member.getvalue(), zipfile.ZIP_DEFLATED, LEVEL)
        return file.getvalue()

    def refuse_other(
        self, recording: Recording, card: ModelCard, settings: ScoringSettings
    ) -> None:
        """Reject beats of another recording, model or conditioning.

        Raises
        ------
        StoredBeatsError
            The message says what differs.
        """
        expected = _about(recording, card, settings)
        differing = [name for name, value in expected.items() if self.about.get(name) != value]
        if differing:
            raise StoredBeatsError(
                f"found stored beats made with another {' and '.join(differing)}, expected those "
                "of this analysis; score the recording anew, without a review"
            )
        n_seconds = max(1, round(recording.duration_s))
        is_inside = self.leads.max() < len(recording.leads)
        if not is_inside or self.faults.shape[2] != n_seconds:
            raise StoredBeatsError(
                f"found stored beats of {self.faults.shape[2]} s, expected those of this recording "
                f"of {n_seconds} s and {len(recording.leads)} leads"
            )

    def refuse_other_signal(self, leads: Sequence[ConditionedLead]) -> None:
        """Reject beats that were found in another signal.

        Raises
        ------
        StoredBeatsError
            If the unfiltered signal differs anywhere in its extremes.
        """
        if signal_digest(leads) != self.about["signal_sha256"]:
            raise StoredBeatsError(
                "found stored beats of another signal, expected those of this recording; score it "
                "anew, without a review"
            )


def read_stored_beats(content: bytes) -> StoredBeats:
    """Read stored beats.

    Parameters
    ----------
    content : bytes
        An npz archive from anywhere.

    Raises
    ------
    StoredBeatsError
        If it is damaged: not an archive of exactly the arrays of :data:`DTYPES`, too large, or
        with values that no analysis has.
    """
    try:
        arrays = _arrays(content)
        about = json.loads(arrays["about"].tobytes())
        waves = Waves(**{name: arrays[name] for name in WAVES})
        own: dict[str, Any] = {field.name: arrays.get(field.name) for field in fields(StoredBeats)}
        stored = StoredBeats(**own | {"waves": waves, "about": about})
        is_possible = _is_possible(stored)
    # A damaged archive makes zipfile, zlib and NumPy raise nearly anything.
    except Exception as error:
        raise StoredBeatsError(
            f"found stored beats that are damaged ({type(error).__name__}), expected a file that "
            "deepecg score wrote; score the recording anew, without a review"
        ) from None
    if not is_possible:
        raise StoredBeatsError(
            "found stored beats with impossible values, expected a file that deepecg score wrote; "
            "score the recording anew, without a review"
        )
    return stored


def signal_digest(leads: Sequence[ConditionedLead]) -> str:
    """Return a digest of the extremes of the unfiltered leads in each second, hexadecimal.

    Two recordings do not have the same, and reading every sample twice is not needed for it.
    """
    statistics = (vars(lead.raw_statistics).values() for lead in leads)
    digest = sha256()
    for values in chain.from_iterable(statistics):
        digest.update(np.ascontiguousarray(values, "<f4").data)
    return digest.hexdigest()


def _about(recording: Recording, card: ModelCard, settings: ScoringSettings) -> dict[str, Any]:
    without_rhythm = replace(settings, rhythm=RhythmSettings())
    return {
        "format": FORMAT_VERSION,
        "number of samples": [recording.n_samples, recording.sampling_rate_hz],
        "model": [card.version, card.sha256],
        "lead or conditioning": json.loads(msgspec.json.encode(without_rhythm)),
    }


def _arrays(content: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of an archive, after a look at their sizes."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if [entry.filename for entry in entries] != [f"{name}.npy" for name in DTYPES]:
            raise ValueError("other arrays")
        if sum(entry.file_size for entry in entries) > MAX_BYTES:
            raise ValueError("too large")
        return {
            name: _array(archive.read(entry), dtype)
            for entry, (name, dtype) in zip(entries, DTYPES.items(), strict=True)
        }


def _array(content: bytes, dtype: str) -> NDArray[Any]:
    """Return an array of the npy format; its length must be that of its header."""
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("another version")
    shape, is_fortran, found = np.lib.format.read_array_header_1_0(file)
    if found != np.dtype(dtype) or is_fortran or min(shape, default=0) < 0:
        raise ValueError("another type")
    values = np.frombuffer(content, found, prod(shape), file.tell())
    if file.tell() + values.nbytes != len(content):
        raise ValueError("another length")
    return values.reshape(shape)


def _is_possible(stored: StoredBeats) -> bool:
    """Return whether the values can be those of an analysis."""
    n_beats, n_leads = len(stored.times_s), len(stored.leads)
    per_beat = [
        *(stored.times_s, stored.labels, stored.probability, stored.classified),
        *(stored.conducted, stored.with_flutter_waves, stored.cluster),
        *(values for name, values in vars(stored.waves).items() if not name.startswith("extra_")),
    ]
    extra = [values for name, values in vars(stored.waves).items() if name.startswith("extra_")]
    times_s = stored.times_s
    return bool(
        n_beats
        and n_leads
        and all(values.shape == (n_beats,) for values in per_beat)
        and all(values.shape == (len(extra[0]),) for values in extra)
        and stored.leads.shape == stored.baselines_mv.shape
        and stored.faults.shape[:2] == (n_leads, len(FAULTS))
        and 0 < stored.faults.shape[2] <= MAX_SECONDS
        and np.isfinite(times_s).all()
        and times_s[0] >= 0
        and (np.diff(times_s) > 0).all()
        and times_s[-1] <= stored.faults.shape[2] + 1
        and all(
            labels.min() >= 0 and labels.max() < len(CLASSES)
            for labels in (stored.labels, stored.classified)
        )
        and (stored.probability > 0).all()
        and (stored.probability <= 1.001).all()
        and stored.cluster.min() >= 0
        and stored.leads.min() >= 0
        and len(np.unique(stored.leads)) == n_leads
        and np.isfinite(stored.baselines_mv).all()
        and isinstance(stored.about, dict)
        and {"model", "signal_sha256"} <= set(stored.about)
        and stored.about.get("format") == FORMAT_VERSION
    )

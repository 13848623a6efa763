"""The records of every database, by name, and what each may be used for.

Training data is named here, not found in a folder: whoever downloads a whole database trains on
the same records, and never on those that are held back for a test.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path

from deepecg.errors import HolterError

DIGEST_DIGITS = 12
"""Hexadecimal digits of a record's digest: 48 bits tell a few hundred records apart."""
NAMED_IN_MESSAGES = 5
"""Most records that a message lists."""


class Role(Enum):
    """What a group of records may be used for."""

    TRAINING = "training and selection"
    SELECTION = "selection of thresholds, not training"
    TEST = "test only"
    BLIND = "blind test only"


class MissingRecordError(HolterError):
    """A file of a named record is not in the data folder."""


class HeldBackRecordError(HolterError):
    """A record was requested for training whose role does not allow it."""


@dataclass(frozen=True)
class RecordGroup:
    """Records of one database that have one role.

    Attributes
    ----------
    name : str
        Key of the group in result documents, such as ``ds1``.
    title : str
        Heading of the group in reports.
    database : str
        PhysioNet's name of the database, such as ``mitdb``.
    role : Role
        What the records may be used for.
    names : tuple of str
        Names of the records.
    folder : str
        Folder of the records below the data folder.
    suffixes : tuple of str
        Files of each record that are read.
    """

    name: str
    title: str
    database: str
    role: Role
    names: tuple[str, ...]
    folder: str
    suffixes: tuple[str, ...] = ("hea", "dat", "atr")

    @property
    def records(self) -> tuple[str, ...]:
        """Folder and name of every record, such as ``mitdb/100``."""
        return tuple(f"{self.folder}/{name}" for name in self.names)

    def require(self, data: Path) -> tuple[str, ...]:
        """Return the records, all of whose files are in the data folder.

        Raises
        ------
        MissingRecordError
            If a file is missing; the message names the records and the command that downloads
            them.
        """
        missing = [
            name
            for name in self.names
            if not all((data / self.folder / f"{name}.{end}").is_file() for end in self.suffixes)
        ]
        if missing:
            raise MissingRecordError(
                f"found no complete {_listed([f'{self.folder}/{name}' for name in missing])} in "
                f"{data}, expected {', '.join(f'.{end}' for end in self.suffixes)} of all "
                f"{len(self.names)} records of {self.title}; download them with "
                f'python -c "import wfdb; wfdb.dl_database('
                f"'{self.database}', '{data / self.folder}', records={missing})\""
            )
        return self.records


DS1 = RecordGroup(
    name="ds1",
    title="DS1 of the MIT-BIH Arrhythmia Database",
    database="mitdb",
    role=Role.TRAINING,
    names=(
        *("101", "106", "108", "109", "112", "114", "115", "116", "118", "119", "122", "124"),
        *("201", "203", "205", "207", "208", "209", "215", "220", "223", "230"),
    ),
    folder="mitdb",
)
"""Training records of de Chazal et al. 2004 (doi:10.1109/TBME.2004.827359)."""
DS2 = RecordGroup(
    name="ds2",
    title="DS2 of the MIT-BIH Arrhythmia Database",
    database="mitdb",
    role=Role.TEST,
    names=(
        *("100", "103", "105", "111", "113", "117", "121", "123", "200", "202", "210", "212"),
        *("213", "214", "219", "221", "222", "228", "231", "232", "233", "234"),
    ),
    folder="mitdb",
)
"""Test records of the same split."""
PACED = RecordGroup(
    name="paced",
    title="paced records of the MIT-BIH Arrhythmia Database",
    database="mitdb",
    role=Role.TEST,
    names=("102", "104", "107", "217"),
    folder="mitdb",
)
"""Records that are in neither DS1 nor DS2, as AAMI recommends."""
SVDB = RecordGroup(
    name="svdb",
    title="MIT-BIH Supraventricular Arrhythmia Database",
    database="svdb",
    role=Role.TRAINING,
    names=(
        *("800", "802", "803", "805", "806", "808", "809", "811", "812", "821", "822", "824"),
        *("825", "827", "828", "840", "841", "843", "844", "846", "847", "849", "850", "852"),
        *("853", "855", "856", "858", "859", "861", "862", "864", "865", "867", "868", "870"),
        *("871", "873", "874", "876", "877", "879", "880", "882", "883", "885", "886", "888"),
        *("889", "891", "892", "894"),
    ),
    folder="svdb",
)
SVDB_BLIND = RecordGroup(
    name="svdb_blind",
    title="MIT-BIH Supraventricular Arrhythmia Database, blind records",
    database="svdb",
    role=Role.BLIND,
    names=(
        *("801", "804", "807", "810", "820", "823", "826", "829", "842", "845", "848", "851"),
        *("854", "857", "860", "863", "866", "869", "872", "875", "878", "881", "884", "887"),
        *("890", "893"),
    ),
    folder="svdb",
)
"""The other 26 of the database's 78 records."""
NOISE = RecordGroup(
    name="noise",
    title="noise of the MIT-BIH Noise Stress Test Database",
    database="nstdb",
    role=Role.SELECTION,
    names=("bw", "ma"),
    folder="nstdb",
    suffixes=("hea", "dat"),
)
"""Recorded baseline wander and muscle noise."""
NOISE_STRESS = RecordGroup(
    name="noise_stress",
    title="record 118 with the noise of a moved electrode",
    database="nstdb",
    role=Role.TEST,
    names=("118e00", "118e06", "118e12", "118e24"),
    folder="nstdb",
)
"""Signal-to-noise ratios of 0, 6, 12 and 24 dB."""
LONG_TERM_AF = RecordGroup(
    name="long_term_af",
    title="Long-Term AF Database",
    database="ltafdb",
    role=Role.SELECTION,
    names=("00", "100", "111", "119", "17", "204", "24", "35", "47", "58", "71"),
    folder="rhythm",
    suffixes=("hea", "atr"),
)
"""Annotations without signals: beats and rhythm marks of 24 hours."""
LONG_TERM = RecordGroup(
    name="long_term",
    title="Long-Term Database",
    database="ltdb",
    role=Role.TEST,
    names=("14046", "14134", "14149", "14157"),
    folder="rhythm",
    suffixes=("hea", "atr"),
)
"""Annotations without signals and without rhythm marks."""
GROUPS = (
    *(DS1, DS2, PACED, SVDB, SVDB_BLIND),
    *(NOISE, NOISE_STRESS, LONG_TERM_AF, LONG_TERM),
)
"""Every group; no record is in two."""
PATIENTS = (
    (r"(mitdb/)?202", r"\g<1>201"),  # 201 and 202 are the same man
    (r"nstdb/(\d{3})e_?\d+", r"mitdb/\1"),
    (r"(\d{3})e_?\d+", r"\1"),  # the Noise Stress Test Database, named without its folder
)
"""Records of one patient: a pattern of a record's name, and the name of the patient's first record.
Excerpts of another database's records belong here."""


def training_groups(databases: Sequence[str]) -> tuple[RecordGroup, ...]:
    """Return the groups of the databases that may be trained on, in the order of the databases.

    Raises
    ------
    HeldBackRecordError
        If a database has none.
    """
    of_each = {
        database: [g for g in GROUPS if g.database == database and g.role is Role.TRAINING]
        for database in databases
    }
    if empty := [database for database, groups in of_each.items() if not groups]:
        raise HeldBackRecordError(
            f"found no record for training in {_listed(empty)}, expected databases with one: "
            "see training/data_roles.py"
        )
    return tuple(group for groups in of_each.values() for group in groups)


def training_records(data: Path, databases: Sequence[str]) -> tuple[str, ...]:
    """Return the records of the databases that may be trained on, whatever else the folder holds.

    Parameters
    ----------
    data : Path
        Folder of the databases.
    databases : sequence of str
        Such as ``mitdb``, ``svdb``.

    Returns
    -------
    tuple of str
        Folder and name, such as ``svdb/800``.

    Raises
    ------
    MissingRecordError
        If the folder lacks one of them.
    """
    return tuple(record for group in training_groups(databases) for record in group.require(data))


def group_of(record: str) -> RecordGroup | None:
    """Return the group of a record, named with its folder; None if no group lists it."""
    return next((group for group in GROUPS if record in group.records), None)


def require_training_role(records: Iterable[str]) -> None:
    """Refuse records that may not be trained on.

    Raises
    ------
    HeldBackRecordError
        If a record is not listed here, or has another role than training.
    """
    roles = {record: group.role if (group := group_of(record)) else None for record in records}
    refused = [
        f"{record} ({role.value if role else 'not listed'})"
        for record, role in roles.items()
        if role is not Role.TRAINING
    ]
    if refused:
        raise HeldBackRecordError(
            f"found {_listed(refused)} among the training records, expected only records whose "
            f"role is {Role.TRAINING.value}: see training/data_roles.py"
        )


def record_digest(data: Path, record: str) -> str:
    """Return a digest of the files of a record: the first 12 hexadecimal digits of SHA-256.

    The digested bytes are the SHA-256 digests of its files in the order of
    :attr:`RecordGroup.suffixes`.
    """
    group = group_of(record)
    suffixes = group.suffixes if group else RecordGroup.suffixes
    digests = [sha256((data / f"{record}.{end}").read_bytes()).digest() for end in suffixes]
    return sha256(b"".join(digests)).hexdigest()[:DIGEST_DIGITS]


def patient_of(record: str) -> str:
    """Return the name of a patient's first record, the same for all records of one patient.

    Parameters
    ----------
    record : str
        Such as ``mitdb/202``. A name without folder is taken for one of the MIT-BIH Arrhythmia
        or the Noise Stress Test Database.
    """
    for pattern, first in PATIENTS:
        if found := re.fullmatch(pattern, record):
            return found.expand(first)
    return record


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMED_IN_MESSAGES
    return ", ".join(names[:NAMED_IN_MESSAGES]) + (f" and {rest} more" if rest > 0 else "")

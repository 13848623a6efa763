"""Roles of the databases' records, read from ``data_roles.toml``.

Training data is named here, not found in a folder: whoever downloads a whole database trains on
the same records, and never on those that are held back for a test.
"""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import Any

from deepecg.errors import HolterError

ROLES_FILE = Path(__file__).with_suffix(".toml")
BEATS_SUFFIX = "atr"
"""Extension of PhysioNet's beat annotations."""
DIGEST_DIGITS = 12
"""Hexadecimal digits of a record's digest: 48 bits tell a few hundred records apart."""
NAMED_IN_MESSAGES = 5
"""Most records that a message lists."""


class Role(Enum):
    """What a group of records may be used for; ``data_roles.toml`` describes each role."""

    TRAINING = "training"
    SELECTION = "selection"
    TEST = "test"
    BLIND = "blind"


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
    suffixes: tuple[str, ...]

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
        folder = data / self.folder
        missing = [
            name
            for name in self.names
            if not all((folder / f"{name}.{suffix}").is_file() for suffix in self.suffixes)
        ]
        if missing:
            raise MissingRecordError(
                f"found no complete {_listed([f'{self.folder}/{name}' for name in missing])} in "
                f"{data}, expected .{', .'.join(self.suffixes)} of all {len(self.names)} records "
                f'of {self.title}; download them with python -c "import wfdb; '
                f"wfdb.dl_database('{self.database}', '{folder}', records={missing})\""
            )
        return self.records


ROLES: dict[str, dict[str, Any]] = tomllib.loads(ROLES_FILE.read_text(encoding="utf-8"))
GROUPS = {
    name: RecordGroup(
        name,
        entry["title"],
        entry["database"],
        Role(entry["role"]),
        tuple(entry["records"].split()),
        entry.get("folder", entry["database"]),
        tuple(entry.get("suffixes", ("hea", "dat", BEATS_SUFFIX))),
    )
    for name, entry in ROLES["groups"].items()
}
"""Every group of ``data_roles.toml``, by name."""
GROUP_OF = {record: group for group in GROUPS.values() for record in group.records}
"""The group of every record, named with its folder; no record is in two groups."""
DS1, DS2, PACED = GROUPS["ds1"], GROUPS["ds2"], GROUPS["paced"]
SVDB, SVDB_BLIND = GROUPS["svdb"], GROUPS["svdb_blind"]
NOISE, NOISE_STRESS = GROUPS["noise"], GROUPS["noise_stress"]
LONG_TERM_AF, LONG_TERM = GROUPS["long_term_af"], GROUPS["long_term"]


def training_groups(databases: Sequence[str]) -> tuple[RecordGroup, ...]:
    """Return the groups of the databases on whose beats a network may be trained, in their order.

    A group without annotated beats (:data:`BEATS_SUFFIX`) is for waves only.

    Raises
    ------
    HeldBackRecordError
        If a database has none.
    """
    of_each = {
        database: [
            group
            for group in GROUPS.values()
            if group.database == database
            and group.role is Role.TRAINING
            and BEATS_SUFFIX in group.suffixes
        ]
        for database in databases
    }
    if empty := [database for database, groups in of_each.items() if not groups]:
        raise HeldBackRecordError(
            f"found no record for training in {_listed(empty)}, expected databases that have "
            f"such records in {ROLES_FILE}"
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


def require_training_role(records: Iterable[str]) -> None:
    """Refuse records that may not be trained on.

    Raises
    ------
    HeldBackRecordError
        If a record is not listed here, or has another role than training.
    """
    roles = {
        record: GROUP_OF[record].role.value if record in GROUP_OF else "not listed"
        for record in records
    }
    refused = [f"{name} ({role})" for name, role in roles.items() if role != Role.TRAINING.value]
    if refused:
        raise HeldBackRecordError(
            f"found {_listed(refused)} among the training records, expected only records whose "
            f"role is {Role.TRAINING.value}: see {ROLES_FILE}"
        )


def record_digest(data: Path, record: str) -> str:
    """Return a digest of the files of a record: the first 12 hexadecimal digits of SHA-256.

    The digested bytes are the SHA-256 digests of its files in the order of
    :attr:`RecordGroup.suffixes`.
    """
    files = (data / f"{record}.{suffix}" for suffix in GROUP_OF[record].suffixes)
    digests = [sha256(file.read_bytes()).digest() for file in files]
    return sha256(b"".join(digests)).hexdigest()[:DIGEST_DIGITS]


def patient_of(record: str) -> str:
    """Return the name of a patient's first record, the same for all records of one patient.

    Parameters
    ----------
    record : str
        Such as ``mitdb/202``. A name without folder is taken for one of the MIT-BIH Arrhythmia
        or the Noise Stress Test Database.
    """
    for pattern, first in ROLES["patients"].items():
        if found := re.fullmatch(pattern, record):
            return found.expand(first)
    return record


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - NAMED_IN_MESSAGES
    return ", ".join(names[:NAMED_IN_MESSAGES]) + (f" and {rest} more" if rest > 0 else "")

"""The recording ID: the pseudonym of a recording in documents, keys and logs."""

from hashlib import sha256

ID_DIGITS = 20
"""80 bits, so that no two recordings of a clinic get the same ID by chance."""
ID_PATTERN = f"[0-9a-f]{{{ID_DIGITS}}}"


def recording_id(name: str) -> str:
    """Return the ID of a recording, computed from its name, which may be a patient's.

    Parameters
    ----------
    name : str
        In the cloud the key of its upload (of a WFDB record, the key of the header); on a laptop
        the name of its results folder.

    Returns
    -------
    str
        The first 20 hexadecimal digits of the SHA-256 of the name in UTF-8.
    """
    return sha256(name.encode(errors="surrogateescape")).hexdigest()[:ID_DIGITS]

"""The pseudonym by which a recording is known in documents, keys and logs."""

from hashlib import sha256

ID_DIGITS = 20
"""80 bits: no two of a clinic's recordings meet by chance."""


def recording_id(name: str) -> str:
    """Return the ID of a recording from the name it was given, which may be a patient's.

    Parameters
    ----------
    name : str
        In the cloud the key of its upload (of a WFDB record, that of its header); on a laptop
        that of its folder of results.

    Returns
    -------
    str
        The first 20 hexadecimal digits of the SHA-256 of the name in UTF-8.
    """
    return sha256(name.encode(errors="surrogateescape")).hexdigest()[:ID_DIGITS]

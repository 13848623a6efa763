"""The advisory that every result contains."""

ADVISORY = (
    "Automatic analysis for review by a clinician. Not a diagnosis, not the sole basis of one, "
    "and not an alarm. For adults."
)

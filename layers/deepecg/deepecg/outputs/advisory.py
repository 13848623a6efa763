"""The sentence that every result carries: it advises, and diagnoses nothing."""

ADVISORY = (
    "Automatic analysis for review by a clinician. Not a diagnosis, not the sole basis of one, "
    "and not an alarm. For adults."
)

"""The report on a night, from the night entries of its recordings."""

"""A stream of classified beats to rates, runs, pauses, atrial fibrillation, events: one definition a file."""

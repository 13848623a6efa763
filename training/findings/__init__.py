"""Bench of findings: what is urgent, found or missed in recordings whose truth is known."""

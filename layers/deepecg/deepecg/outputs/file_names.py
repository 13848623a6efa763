"""Names of the result files of a recording, on a laptop and in the cloud."""

SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.html"
FHIR_FILE = "diagnostic_report.json"
REJECTION_FILE = "rejection.json"
BEATS_SUFFIX = ".beats.npz"
"""Suffix of the stored beats that a review needs, after the record name."""

"""Names of the result files of a recording, on a laptop and in the cloud."""

SUMMARY_FILE = "summary.json"
REPORT_FILE = "report.html"
DISCLOSURE_FILE = "disclosure.html"
PDF_FILE = "report.pdf"
FHIR_FILE = "diagnostic_report.json"
REJECTION_FILE = "rejection.json"

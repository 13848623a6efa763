"""What is written for a recording: summary, FHIR, annotations, report, rejection."""

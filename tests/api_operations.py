"""All operations of the API."""

OPERATIONS = {
    "GET /health", "POST /v1/predict", "POST /v1/classify", "POST /v1/recordings",
    "GET /v1/recordings", "GET /v1/recordings/{recording_id}",
    "GET /v1/recordings/{recording_id}/report", "GET /v1/recordings/{recording_id}/disclosure",
    "GET /v1/recordings/{recording_id}/annotations",
    "GET /v1/recordings/{recording_id}/fhir", "GET /v1/recordings/{recording_id}/review",
    "PUT /v1/recordings/{recording_id}/review", "GET /v1/nights", "GET /v1/nights/{night}",
    "GET /v1/nights/{night}/report", "GET /v1/nights/{night}/recordings.csv",
    "GET /v1/nights/{night}/report.json",
}  # fmt: skip

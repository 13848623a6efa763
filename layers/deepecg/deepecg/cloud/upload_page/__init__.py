"""The upload page: a technician uploads Holter files and reads their results."""

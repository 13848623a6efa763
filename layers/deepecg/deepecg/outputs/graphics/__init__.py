"""The numbers behind a report's pictures: no drawing here, arrays only."""

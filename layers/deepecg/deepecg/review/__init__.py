"""A review: what a cardiologist or technician changes in an analysis, and the results after it."""

"""``deepecg score``: many recordings, each scored once, into one folder of results."""

"""The package in AWS: uploads in one bucket, a queue, results in another.

The only home of boto3 and Powertools. Nothing outside imports it but ``functions/``.
"""

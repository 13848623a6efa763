"""The package in AWS: uploads in one bucket, a queue, results in another.

The only home of boto3. Nothing outside imports it but ``functions/``.
"""

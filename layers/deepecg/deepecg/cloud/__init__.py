"""The AWS application: uploads in one S3 bucket, an SQS queue, results in another bucket.

Of the package, only this folder and ``local_cloud/`` import boto3.
"""

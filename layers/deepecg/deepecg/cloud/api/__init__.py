"""The HTTP front door: one FastAPI application, for Lambda and for ``deepecg serve``.

Start reading at :func:`deepecg.cloud.api.app.create_app`.
"""

"""The HTTP API: one FastAPI application, run by Lambda and by ``deepecg serve``.

Start reading at :func:`deepecg.cloud.api.app.create_app`.
"""

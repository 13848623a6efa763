"""Holter files to :class:`~deepecg.recording.Recording`: one file a format."""

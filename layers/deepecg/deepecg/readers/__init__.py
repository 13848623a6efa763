"""From Holter files to :class:`~deepecg.recording.Recording`: one reader module per format."""

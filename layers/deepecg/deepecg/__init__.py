"""Deep-ECG scores Holter recordings: every beat found, classified and summarised.

The domain package knows neither AWS nor PyTorch nor the environment. Start
reading at :func:`deepecg.scoring.score_recording`.
"""

__version__ = "0.4.0"

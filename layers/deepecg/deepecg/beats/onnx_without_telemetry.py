"""ONNX Runtime, imported with its telemetry switched off.

Since version 1.32 it writes an ID of the machine, and events to send to its maker, into the user's
home folder.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, on import

from onnxruntime import InferenceSession, SessionOptions

__all__ = ["InferenceSession", "SessionOptions"]

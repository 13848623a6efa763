"""ONNX Runtime, told before it is loaded to report nothing of this machine to its maker.

Since version 1.32 it gives the machine an ID in the user's home folder, and keeps events there to
be sent.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # the library reads it once, while it is loaded

from onnxruntime import InferenceSession, SessionOptions

__all__ = ["InferenceSession", "SessionOptions"]

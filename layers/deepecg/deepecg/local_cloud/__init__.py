"""AWS emulated in one process, for the demo and ``deepecg serve``. Not part of the Lambda layer."""

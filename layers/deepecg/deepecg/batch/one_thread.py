"""One thread for the linear algebra of a process.

A second one saves no time where every core scores a recording of its own, and sums in another
order: the results would depend on the number of cores in their last digits.
"""

import os

VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""What the libraries behind NumPy and SciPy read when they are loaded."""


def use_one_thread() -> None:
    """Let this process and those that it starts use one thread, unless the caller says otherwise.

    Call it before NumPy is loaded.
    """
    for name in VARIABLES:
        os.environ.setdefault(name, "1")

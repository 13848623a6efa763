"""``python -m deepecg`` is the command line."""

import sys

from deepecg.cli import main

sys.exit(main())

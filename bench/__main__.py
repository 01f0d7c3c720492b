"""Run benchmarks: `python -m bench [ROW ...] [--seconds N] [--only-ours] [--full] [--profile]`."""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import sys

from bench.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""Run the tests: `python -m tests [pytest arguments]`.

eventlet has to replace the blocking parts of the standard library before anything imports them,
pytest included; plain `pytest` would be too late.
"""

import chassis.runtime.patch  # noqa: F401 - imported for what it does

# isort: split
import sys

import pytest

if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[1:]))

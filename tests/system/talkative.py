"""`python -m tests.system.talkative SERVICE`: a service that logs all that it can say."""

import chassis.runtime.patch  # noqa: F401 - before anything opens a socket

# isort: split
import sys

from chassis.environment import Variables
from chassis.observability import configure_logging
from chassis.runtime.surroundings import surroundings
from shouwen.hosting import host

if __name__ == "__main__":
    configure_logging("DEBUG", service=sys.argv[1])
    sys.exit(host(surroundings(Variables()), sys.argv[1]).run())

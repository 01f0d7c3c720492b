"""`shouwen`, and `python -m shouwen`."""

import chassis.runtime.patch  # noqa: F401 - before anything opens a socket

# isort: split
import signal
import sys

from chassis.environment import SettingInvalid
from chassis.identity import ClaimInvalid


def main() -> None:
    """Run the command line; what cannot be used ends it with a sentence and status 2."""
    try:
        from shouwen.cli import app  # after the patch

        app()
    except KeyboardInterrupt:  # before a command began
        sys.exit(128 + signal.SIGINT)
    except ClaimInvalid as error:
        print(f"No token can be signed for {error}", file=sys.stderr)  # noqa: T201 - it is the answer
        sys.exit(2)
    except SettingInvalid as error:
        print(f"{error} docs/operations.md explains every setting.", file=sys.stderr)  # noqa: T201 - it is the answer
        sys.exit(2)


if __name__ == "__main__":
    main()

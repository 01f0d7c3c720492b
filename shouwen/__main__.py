"""`shouwen`, and `python -m shouwen`."""

import chassis.runtime.patch  # noqa: F401 - before anything opens a socket

# isort: split
import signal
import sys

from chassis.environment import SettingInvalid


def main() -> None:
    """Run the command line; a setting that is missing ends it with a sentence and status 2."""
    try:
        from shouwen.cli import app  # after the patch

        app()
    except KeyboardInterrupt:  # before a command began
        sys.exit(128 + signal.SIGINT)
    except SettingInvalid as error:
        print(f"{error} docs/operations.md explains every setting.", file=sys.stderr)  # noqa: T201 - it is the answer
        sys.exit(2)


if __name__ == "__main__":
    main()

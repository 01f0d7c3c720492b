"""`shouwen`, and `python -m shouwen`."""

import chassis.runtime.patch  # noqa: F401 - before anything opens a socket

# isort: split
import sys

from chassis.environment import SettingInvalid


def main() -> None:
    """Run the command line; a setting that is missing ends it with a sentence and status 2."""
    from shouwen.cli import app  # after the patch

    try:
        app()
    except SettingInvalid as error:
        print(f"{error} docs/operations.md explains every setting.", file=sys.stderr)  # noqa: T201 - it is the answer
        sys.exit(2)


if __name__ == "__main__":
    main()

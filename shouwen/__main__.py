"""`shouwen`, and `python -m shouwen`."""

import chassis.runtime.patch  # noqa: F401 - before anything opens a socket


def main() -> None:
    """Run the command line."""
    from shouwen.cli import app  # after the patch

    app()


if __name__ == "__main__":
    main()

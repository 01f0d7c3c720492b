"""What must not be, and is found all the same."""


class LedgerDamaged(Exception):  # noqa: N818 - it says what is the case
    """Leaves or hashes are missing that were entered: the tables were changed from outside."""

    code = "unavailable"

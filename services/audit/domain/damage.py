"""What must not be, and is found all the same."""


class LedgerDamaged(Exception):  # noqa: N818 - it says what is the case
    """Leaves or hashes are missing that were entered: the tables were changed from outside."""

    code = "unavailable"


class EndsLost(Exception):  # noqa: N818 - it says what is the case
    """The ends of the chains are not those that the last root was over; they can be made again."""

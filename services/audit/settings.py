"""Settings of audit; it needs none of its own."""

from typing import Final

NAME: Final = "audit"
FOLLOWS: Final = ("intake", "responsibility", "notify", "audit")

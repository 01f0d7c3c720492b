"""Settings of responsibility; it needs none of its own."""

from typing import Final

NAME: Final = "responsibility"
FOLLOWS: Final = ("intake",)
RECOUNT_EVERY_S: Final = 30.0

"""Settings of responsibility; it needs none of its own."""

from typing import Final

NAME: Final = "responsibility"
FOLLOWS: Final = ("intake",)

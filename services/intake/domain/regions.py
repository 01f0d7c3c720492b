"""Regions of GB/T 2260, as far as they are checked: the province must exist.

Counties are merged and founded every year; a petition is not turned away over a table that is
older than its county.
"""

from typing import Final

# fmt: off
PROVINCES: Final = frozenset({
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37",
    "41", "42", "43", "44", "45", "46", "50", "51", "52", "53", "54", "61", "62", "63", "64", "65",
    "71", "81", "82",
})
# fmt: on


def is_region(region: str) -> bool:
    """Tell whether six digits may be a region."""
    return region[:2] in PROVINCES

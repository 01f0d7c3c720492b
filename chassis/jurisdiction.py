"""Which office acts for which: regions of GB/T 2260 nest by their leading digits."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

REGION_DIGITS: Final = 6
LEVEL_DIGITS: Final = 2
# As `contracts.fields.Office`; use cases import this module and must not know those.
WRITTEN: Final = re.compile("[0-9]{6}-[0-9]{2}")


def region_of(office: str) -> str:
    """Return the region of an office code such as `330424-01`."""
    return office[:REGION_DIGITS]


def reach_of(office: str) -> str:
    """Return the leading digits of the regions that an office acts for.

    Empty for callers without an office.
    """
    reach = region_of(office)
    while reach.endswith("00"):
        reach = reach[:-LEVEL_DIGITS]
    return reach


def acts_for(own_office: str, office: str) -> bool:
    """Tell whether an office may act for another: the same region, or one above it.

    330400-01 (a city) acts for 330424-01 (a county in it), never the other way round. Without an
    office of its own a caller acts for none.
    """
    reach = reach_of(own_office)
    return bool(reach) and region_of(office).startswith(reach)


def stands_for(own_office: str, office: str) -> bool:
    """Tell whether an office is another one itself, or is above it; those beside it are not."""
    return bool(office) and (own_office == office or is_above(own_office, office))


def is_above(own_office: str, office: str) -> bool:
    """Tell whether an office is of a region that the region of another lies in."""
    return acts_for(own_office, office) and region_of(own_office) != region_of(office)


def common_office(offices: Iterable[str]) -> str:
    """Return the lowest office that acts for all of the offices; empty where there is none.

    What is no office code is left out: it is refused where it is used.
    """
    regions = {region_of(office) for office in offices if WRITTEN.fullmatch(office)}
    for digits in range(REGION_DIGITS, 0, -LEVEL_DIGITS):
        reaches = {region[:digits] for region in regions}
        if len(reaches) == 1:
            return f"{reaches.pop():0<{REGION_DIGITS}}-01"
    return ""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step, as a verified token says.

    Attributes:
        subject: staff number, or `service:<name>`.
    """

    subject: str
    office: str
    correlation_id: str

    def acts_for(self, office: str) -> bool:
        """Tell whether the actor's office may act for another."""
        return acts_for(self.office, office)

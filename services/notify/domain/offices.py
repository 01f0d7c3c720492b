"""Who stands for an office, and which office stands above it."""

from typing import Final

OFFICE_HEAD: Final = "office_head:"
REGION_DIGITS: Final = 6
LEVEL_DIGITS: Final = 2
# Beijing, Tianjin, Shanghai, Chongqing.
MUNICIPALITIES: Final = frozenset({"11", "12", "31", "50"})


def head_of(office: str) -> str:
    """Return the recipient that stands for the head of an office, whoever that is."""
    return f"{OFFICE_HEAD}{office}"


def superior_of(office: str) -> str:
    """Return the office above: the city's of a county's; empty for a province's.

    Regions of GB/T 2260 nest by pairs of digits. Between a municipality and its districts there is
    nothing but a heading (市辖区, 县), which has no office.
    """
    reach = office[:REGION_DIGITS]
    while reach.endswith("00"):
        reach = reach[:-LEVEL_DIGITS]
    above = reach[:-LEVEL_DIGITS]
    if above[:LEVEL_DIGITS] in MUNICIPALITIES:
        above = above[:LEVEL_DIGITS]
    return f"{above:0<{REGION_DIGITS}}-01" if above else ""

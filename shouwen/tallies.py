"""How many cases stood how, and whose they were, as `shouwen standings` prints it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.table import Table

from shouwen.explaining import new_table

STATES: Final[Mapping[str, str]] = {
    "registered": "登记",
    "repeat": "重复信访",
    "awaited": "待首接",
    "owned": "办理中",
    "closed": "办结",
    "merged": "已并案",
}


def standing_tables(items: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Return a table by state, and one by owner."""
    by_state = new_table("state", "", "petitions")
    for state, count in Counter(item["state"] for item in items).most_common():
        by_state.add_row(state, STATES[state], str(count))
    by_owner = new_table("owner", "open", "closed")
    owners = Counter((item["owner"], item["state"]) for item in items if item["owner"])
    for owner in sorted({owner for owner, _ in owners}):
        by_owner.add_row(owner, str(owners[owner, "owned"]), str(owners[owner, "closed"]))
    return [by_state, by_owner]

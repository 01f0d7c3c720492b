"""When and how often, as tables that an office may set otherwise."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

# An open petition that nobody has taken: its office's head is told after this time, and again
# after each further such time until somebody takes it (rule 5).
UNTAKEN_AFTER: Final = timedelta(days=1)

# Told again after each such time until somebody has done something about it.
TOLD_AGAIN: Final = frozenset({"untaken", "recusal_due", "replacement_due"})

ATTEMPTS_MAX: Final = 10
RETRY_FIRST: Final = timedelta(seconds=2)
RETRY_MAX: Final = timedelta(hours=1)

# What a reminder says. No personal data: a number, a kind, a link.
SENTENCES: Final[Mapping[str, str]] = {
    "ownership_taken": "信访事项 {number} 由您承担首问责任,请负责到底。",
    "untaken": "信访事项 {number} 尚无首接领导,请安排接访。",
    "repeat_joined": "信访事项 {number} 有重复信访,请继续负责。",
    "reopened": "信访事项 {number} 已重新办理,首问责任仍由您承担。",
    "reception_elsewhere": "信访事项 {number} 的信访人已由其他领导接访,首问责任仍由您承担。",
    "repeat_not_accepted": "信访事项 {number} 已复核终结,重复信访仅作登记,不再受理。",
    "merged": "信访事项 {number} 已并入先前登记的同一事项,由其首问责任领导负责。",
    "split": "信访事项 {number} 有信访件分案,请核对所承担的事项。",
    "recusal_due": "信访事项 {number} 的首问责任领导应当回避,请另行确定首问责任领导。",
    "replacement_due": "信访事项 {number} 的承办人员或单位应当回避,请另行确定。",
}


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after a number of failed attempts, at least one."""
    doubled: timedelta = RETRY_FIRST * 2 ** (attempts - 1)
    return min(RETRY_MAX, doubled)

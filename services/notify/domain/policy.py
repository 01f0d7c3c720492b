"""When and how often, as tables that an office may set otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from services.notify.domain.planning import Policy
from statute.terms import FOLLOW_UP_VISIT, TERMS

# An open petition that nobody has taken: its office's head is told after this time, and again
# after each further such time until somebody takes it (rule 5).
UNTAKEN_AFTER: Final = timedelta(days=1)

# Told again after each such time until somebody has done something about it.
TOLD_AGAIN: Final = frozenset({"untaken", "recusal_due", "replacement_due"})

DEFAULT_VERSION: Final = "default-1"
_DEFAULT: Final = Policy(DEFAULT_VERSION)
# Who takes a petition, or is to see that somebody does, is told that: the term of the first step
# begins with it. A right that lapses makes nobody late.
TERM_POLICIES: Final[Mapping[str, Policy]] = {
    **{
        code: replace(_DEFAULT, start=code != "first_step", late=not rule.lapses)
        for code, rule in TERMS.items()
    },
    # The reply has just been delivered, and half of its days are over five days before the last.
    FOLLOW_UP_VISIT.code: replace(
        _DEFAULT, start=False, half=False, within=FOLLOW_UP_VISIT.length_days
    ),
}


@dataclass(frozen=True, slots=True)
class Policies:
    """Which policy there is for the terms of an office's matters.

    Attributes:
        own: office to term to the policy that it has set for itself.
    """

    own: Mapping[str, Mapping[str, Policy]] = field(default_factory=dict)

    def of(self, office: str, term: str) -> Policy:
        """Return the office's own, else everybody's."""
        return self.own.get(office, {}).get(term, TERM_POLICIES[term])


# What fails is tried for so long, and at least so often: an outage of a night or a weekend's day
# costs nobody his reminder.
GIVEN_UP_AFTER: Final = timedelta(days=3)
ATTEMPTS_LEAST: Final = 10
RETRY_FIRST: Final = timedelta(seconds=2)
DOUBLED_MAX: Final = 16
RETRY_MAX: Final = timedelta(hours=1)

# What a reminder says. No personal data: a number, a kind, a link.
SENTENCES: Final[Mapping[str, str]] = {
    "ownership_taken": "信访事项 {number} 由您承担首问责任，请负责到底。",
    "untaken": "信访事项 {number} 尚无首接领导，请安排接访。",
    "repeat_joined": "信访事项 {number} 有重复信访，请继续负责。",
    "reopened": "信访事项 {number} 已重新办理，首问责任仍由您承担。",
    "reception_elsewhere": "信访事项 {number} 的信访人已由其他领导接访，首问责任仍由您承担。",
    "repeat_not_accepted": "信访事项 {number} 已复核终结，重复信访仅作登记，不再受理。",
    "merged": "信访事项 {number} 已并入先前登记的同一事项，由其首问责任领导负责。",
    "split": "信访事项 {number} 有信访件分案，请核对所承担的事项。",
    "recusal_due": "信访事项 {number} 的首问责任领导应当回避，请另行确定首问责任领导。",
    "replacement_due": "信访事项 {number} 的承办人员或单位应当回避，请另行确定。",
    "term_begun": "信访事项 {number} 的{term}期限已开始计算，{due_on}届满。",
    "term_half": "信访事项 {number} 的{term}期限已过半，{due_on}届满，请督促。",
    "term_near": "信访事项 {number} 的{term}期限将于{due_on}届满，请抓紧督促。",
    "term_due": "信访事项 {number} 的{term}期限{due_on}届满，请务必按期办理。",
    "term_late": "信访事项 {number} 的{term}期限已于{due_on}届满，逾期{late}个工作日，请立即督促。",
}

# Kind of a point of a plan, as far as its first underscore, to what is said then.
REASONS: Final[Mapping[str, str]] = {
    "start": "term_begun",
    "half": "term_half",
    "workdays": "term_near",
    "day": "term_near",
    "due": "term_due",
    "late": "term_late",
    "again": "term_near",
}


def reason_at(kind: str) -> str:
    """Return what is said at a point of a plan."""
    return REASONS[kind.partition("/")[0].partition("_")[0]]


def retry_after(attempts: int) -> timedelta:
    """Return how long to wait after a number of failed attempts, at least one."""
    # So many doublings are longer than any pause; what is tried for days has no end of them.
    doubled: timedelta = RETRY_FIRST * 2 ** min(attempts - 1, DOUBLED_MAX)
    return min(RETRY_MAX, doubled)

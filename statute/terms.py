"""The statutory terms, a row each: how long, from when, by which article, and how well we know.

Marks: V, verified against a published text of the article; R, the rule is verified and the number
of the article is from memory; U, no text is known, so it is a policy that a province may set
otherwise. How days are counted is settled by no text that we found, except
that objections have working days: so it is stored with each term, and a province may set it
otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Unit = Literal["calendar", "working"]


@dataclass(frozen=True, slots=True)
class Counting:
    """How the days of a term are counted.

    Attributes:
        first_day: whether the day that the term runs from is day 1 or the day before it.
        unit: whether every day counts, or only those that are worked.
        roll_to_workday: whether a last day that is not worked gives way to the next that is.
    """

    first_day: Literal["same_day", "day_after"] = "day_after"
    unit: Unit = "calendar"
    roll_to_workday: bool = False


@dataclass(frozen=True, slots=True)
class TermRule:
    """One row of the Regulation.

    Attributes:
        length_days: in the unit of its counting.
        runs_from: what happens on the day that it is counted from.
        extension_days: longest extension; 0 where there is none.
        hearing_counts: whether the time of a hearing is part of the term.
        appeals_only: whether other classes of petitions have no such term.
        lapses: whether it is a right, which lapses unused; nobody is late then.
        stated: whether its last day is stated with the step that begins it; it has no length then.
        stated_as: under which name of `statute.course.GIVEN`; it does not begin without.
        outlasts: whether it runs on when the matter is closed.
    """

    code: str
    chinese: str
    length_days: int
    runs_from: str
    article: str
    mark: Literal["V", "R", "U"]
    counting: Counting = Counting()
    extension_days: int = 0
    hearing_counts: bool = True
    appeals_only: bool = True
    lapses: bool = False
    stated: bool = False
    outlasts: bool = False
    stated_as: str = "report_by"


TERMS: Final[Mapping[str, TermRule]] = {
    rule.code: rule
    for rule in (
        TermRule("first_step", "登记转办", 15, "receipt", "Art 22", "V", appeals_only=False),
        TermRule(
            "acceptance",
            "受理告知",
            15,
            "receipt of the transfer",
            "Art 23",
            "V",
            appeals_only=False,
        ),
        TermRule(
            "objection",
            "管辖异议",
            5,
            "receipt of the transfer",
            "Art 23(3)",
            "V",
            counting=Counting(unit="working"),
            appeals_only=False,
            lapses=True,
        ),
        TermRule("handling", "办理", 60, "acceptance", "Art 34", "R", extension_days=30),
        TermRule(
            "re_examination",
            "重新核查",
            30,
            "the order to examine the handling again",
            "ADR 9",
            "U",
            appeals_only=False,
        ),
        TermRule(
            "evaluation",
            "评价",
            30,
            "the day on which the petitioner was asked for it",
            "ADR 9",
            "U",
            appeals_only=False,
            lapses=True,
        ),
        TermRule(
            "review_request", "申请复查", 30, "receipt of the opinion", "Art 35", "R", lapses=True
        ),
        TermRule("review", "复查", 30, "receipt of the request", "Art 35", "R"),
        TermRule(
            "re_review_request",
            "申请复核",
            30,
            "receipt of the review opinion",
            "Art 36",
            "R",
            lapses=True,
        ),
        TermRule(
            "re_review", "复核", 30, "receipt of the request", "Art 36", "R", hearing_counts=False
        ),
        TermRule(
            "report_back",
            "限期报结",
            0,
            "receipt of the assignment",
            "Art 22",
            "V",
            appeals_only=False,
            stated=True,
        ),
        TermRule(
            "supervision",
            "督办",
            0,
            "the order",
            "Art 39",
            "V",
            appeals_only=False,
            stated=True,
            outlasts=True,
        ),
        TermRule(
            "proposal",
            "三项建议",
            0,
            "the proposal",
            "Art 40",
            "V",
            appeals_only=False,
            stated=True,
            outlasts=True,
        ),
        TermRule(
            "carrying_out",
            "意见执行",
            0,
            "delivery of the opinion",
            "ADR 9",
            "U",
            appeals_only=False,
            stated=True,
            outlasts=True,
            stated_as="carry_out_by",
        ),
    )
}

# A condition of closure, and no term of the Regulation: no course counts it, people are reminded.
FOLLOW_UP_VISIT: Final = TermRule(
    "follow_up_visit",
    "回访",
    10,
    "delivery of the reply",
    "ADR 12",
    "U",
    counting=Counting(unit="working"),
    appeals_only=False,
)
REMINDED_TERMS: Final[Mapping[str, TermRule]] = {**TERMS, FOLLOW_UP_VISIT.code: FOLLOW_UP_VISIT}

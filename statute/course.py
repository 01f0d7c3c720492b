"""The course of a petition (办理流程): which step leads from where to where, by which article.

To be read aloud, line by line: "Transfer (转送): from registered to transferred, Art 22, by a clerk
or the head of the office; it names the unit and the document; the term for the first step ends,
those for acceptance and objection begin."

Marks: V, verified against a published text; R, the rule is verified, the number of the article is
from memory; U, the text is not known, so this is a policy that a province may set otherwise; O,
our own design. No step here touches the owner: he changes by succession and recusal only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Mark = Literal["V", "R", "U", "O"]

STATES: Final[Mapping[str, str]] = {
    "registered": "已登记",
    "transferred": "已转送",
    "assigned": "已交办",
    "objected": "已提异议",
    "disputed": "管辖争议",
    "accepted": "已受理",
    "refused": "不予受理",
    "not_accepted_again": "不再受理",
    "routed": "已导入其他程序",
    "handling": "办理中",
    "replied": "已答复",
    "evaluated": "已评价",
    "visited": "已回访",
    "checked": "已核查",
    "verified": "已初核",
    "cleared": "已复核可办结",
    "review_asked": "复查中",
    "reviewed": "复查已决",
    "re_review_asked": "复核中",
    "re_review_hearing": "复核听证中",
    "re_reviewed": "复核已决",
    "ended": "信访终结",
    "withdrawn": "已撤回",
    "closed": "已办结",
}

PETITION_OFFICE: Final = ("clerk", "office_head")
UNIT: Final = ("handler", "clerk", "office_head")
HEAD: Final = ("office_head",)
ANY_STAFF: Final = ("clerk", "handler", "leader", "office_head")

EVERY_CLASS: Final = ("suggestion", "accusation", "appeal")
APPEALS: Final = ("appeal",)

EVERY_STATE: Final = tuple(STATES)
SENT: Final = ("transferred", "assigned")
# The steps that name the unit that a matter is sent to.
SENDING: Final = frozenset({"transfer", "assign", "settle_competence"})
UNDECIDED: Final = ("registered", *SENT)
IN_WORK: Final = ("accepted", "handling")
# What a step may find of those before it, and what has to hold then.
FOUND: Final = ("reply_received", "carried_out", "untrue_steps")
FINDING: Final = ("carrying_out_promised", "untrue_on_record")
# What has to hold of whoever decides a re-review.
SECOND_BODY: Final = ("not_own_opinion", "another_body")
# Past the evaluation or the wait for it, and not closed.
PAST_EVALUATION: Final = ("evaluated", "visited", "checked", "verified", "cleared")
ANSWERED: Final = ("replied", *PAST_EVALUATION)
IN_REVIEW: Final = (
    "review_asked", "reviewed", "re_review_asked", "re_review_hearing", "re_reviewed",
)  # fmt: skip
# A unit has been named, and the matter is not at its end.
AT_WORK: Final = (*SENT, "objected", "disputed", *IN_WORK, *ANSWERED, *IN_REVIEW)

# Why a matter is not accepted. The Regulation has three grounds and two; their texts are not known.
GROUNDS_OF_REFUSAL: Final[Mapping[str, str]] = {
    "other_procedure": "依法应当通过其他法定途径解决",
    "pending_below": "已经受理且在规定期限内",
    "not_competent": "不属于本机关、单位职权范围",
}
GROUNDS_OF_NOT_ACCEPTING_AGAIN: Final[Mapping[str, str]] = {
    "re_reviewed": "复核终结后以同一事实和理由再提出",
    "review_not_asked": "无正当理由逾期未申请复查、复核",
}
# Why a matter is supervised. Delay, buck-passing, false report and an opinion that is not carried
# out are found from the record itself.
TRIGGERS: Final[Mapping[str, str]] = {
    "acceptance_broken": "违反受理规定",
    "handling_broken": "违反办理规定",
    "delay": "拖延",
    "buck_passing": "推诿",
    "perfunctory": "敷衍",
    "false_report": "弄虚作假",
    "opinion_not_carried_out": "拒不执行处理意见",
}
PROPOSALS: Final[Mapping[str, str]] = {
    "improve_work": "改进工作",
    "improve_policy": "完善政策",
    "pursue_responsibility": "追究责任",
}
# How a petitioner is asked for his evaluation.
ASKED_THROUGH: Final[Mapping[str, str]] = {
    "in_person": "当面",
    "phone": "电话",
    "letter": "信函",
    "message": "短信",
    "online": "网上",
}
# The three checks (三查) before the double verification. Which they are is not known to us.
CHECKS: Final[Mapping[str, str]] = {
    "process": "查办理过程",
    "outcome": "查办理结果",
    "file": "查办理卷宗",
}
# The sixth route is our own handling: step `handle`.
ROUTES_ELSEWHERE: Final[Mapping[str, str]] = {
    "litigation": "诉讼、公安等程序",
    "arbitration": "仲裁",
    "party_appeal": "党员申诉、申请等",
    "administrative": "行政复议、裁决、确认、许可、处罚等",
    "investigation": "查处违法、履行职责的请求",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step, from each of its states to the next.

    Attributes:
        to: the state after it; empty where the state stays as it is.
        stays_in: of its states, those in which it leaves the matter.
        by: the roles that may take it, any of them.
        takes: what whoever takes it has to state, by names in `GIVEN`.
        may_take: what he may state beside it.
        begins, ends: terms of `statute.terms.TERMS`, begun and ended on the day of the step.
        conditions: what else has to hold, by names in `CONDITIONS`.
        classes: the classes of petitions that it is for.
        of_the_organ: the head who decides is that of the organ that handles the matter.
        not_the_unit: neither the handling unit nor one that assists takes it, whatever its roles.
        anywhere_in_region: any office of the matter's region may take it, or one above.
    """

    code: str
    chinese: str
    sources: tuple[str, ...]
    to: str
    article: str
    mark: Mark
    by: tuple[str, ...]
    takes: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    classes: tuple[str, ...] = EVERY_CLASS
    of_the_organ: bool = False
    may_take: tuple[str, ...] = ()
    not_the_unit: bool = False
    anywhere_in_region: bool = False
    stays_in: tuple[str, ...] = ()

    @property
    def open_to_the_unit(self) -> bool:
        """Whether the handling unit takes it for itself, wherever the matter's office is."""
        return ("handler" in self.by or self.of_the_organ) and not self.not_the_unit

    def after(self, state: str) -> str:
        """Return the state after the step."""
        return state if state in self.stays_in else self.to or state

    def edges(self) -> Iterator[tuple[str, str]]:
        """Yield each state that it leads from, and the one it leads to."""
        return ((source, self.after(source)) for source in self.sources)


# Name of a statement to what it is.
GIVEN: Final[Mapping[str, str]] = {
    "unit": "the handling unit (承办单位), an office",
    "document": "reference of the written document",
    "reason": "why; published, so no personal data",
    "report_by": "the day by which the answer is due",
    "settled_by": "whether the organs agreed or their common superior decided",
    "ground": "the ground",
    "route": "the procedure that the matter belongs to",
    "handler": "staff number of the handler (承办人)",
    "team": "staff numbers of the team",
    "days": "how many days",
    "office_score": "how the petitioner rates the petition office, 1 to 5",
    "unit_score": "how the petitioner rates the handling unit, 1 to 5",
    "satisfied": "whether the petitioner is satisfied with the outcome",
    "finding": "what was decided about the opinion",
    "trigger": "why the matter is supervised",
    "proposal": "which of the three proposals",
    "adopted": "whether the proposal was adopted",
    "carry_out_by": "the day by which what the opinion promises is carried out",
    "carried_out": "whether what the opinion promises was found to be carried out",
    "reply_received": "whether the petitioner says that the reply reached him",
    "untrue_steps": "places, among the steps, of reports that were found untrue",
    "found_by": "how it was found: a visit, a repeat petition, or an inspection",
    "instead_of": "the unit at work that is a party",
    "aspect": "which of the three checks it was; all of them where it is not stated",
    "asked_through": "how the petitioner was asked: in person, by phone, letter, message, online",
}

CONDITIONS: Final[Mapping[str, str]] = {
    "objection_in_time": "the term for objections has not ended when it is put on record",
    "review_in_time": "the term for asking for a review is not over and was not used",
    "re_review_in_time": "the term for asking for a re-review has not ended",
    "re_review_term_over": "the term for asking for a re-review has ended",
    "extension_asked": "an extension was asked for and not decided",
    "extension_possible": "it is not over by the record, was not extended; not too many days",
    "dissatisfied": "the petitioner said that he is dissatisfied",
    "re_examined": "the petitioner is satisfied, or the handling was examined again",
    "evaluation_term_over": "the petitioner was asked for his evaluation, and his days are over",
    "not_evaluated": "he has not evaluated this handling yet, or is not satisfied after all",
    "dissatisfaction_answered": "who is dissatisfied with what is cleared had it examined again",
    "no_hearing_that_day": "no hearing of this re-review ended on that day",
    "report_by_ahead": "the answer is due on a day to come, within two years",
    "trigger_on_record": "delay, passing on, false report, not carried out: if the record shows it",
    "carry_out_by_ahead": "the opinion is to be carried out on a day to come, within two years",
    "carrying_out_due": "an opinion is to be carried out, and that it was is not reported yet",
    "carrying_out_promised": "carrying out is found of an opinion that said by when",
    "untrue_on_record": "what is found untrue is a report on record that somebody else made",
    "no_appeal": "the petition turned out to be no appeal",
    "party_at_work": "the unit that is replaced is at work and is a party to the matter",
    "repeat_on_record": "the repeat that it was found by is one of this matter",
    "supervision_open": "an order of supervision was not answered yet",
    "supervised": "an order of supervision was made",
    "proposal_open": "a proposal was made whose adoption is not known yet",
    "no_proposal_open": "the adoption of the proposal before is known",
    "not_own_work": "whoever checks did not handle or reply, and verifies none of his checks",
    "not_the_handler": "what the petitioner said is recorded by nobody who handled the matter",
    "check_due": "the check was not made yet",
    "all_checked": "all of the three checks were made",
    "decided_by_the_sender": "the sender decides, or an office above; not who objected",
    "not_own_opinion": "an organ above reviews: not who made the opinion, its organ or one below",
    "another_body": "a re-review is decided by another body than the review, not one below it",
}

STEPS: Final[Mapping[str, Step]] = {
    step.code: step
    for step in (
        # To the competent organ
        Step("transfer", "转送", ("registered",), "transferred", "Art 22", "V", PETITION_OFFICE,
             ("unit", "document"), ("acceptance", "objection"), ("first_step",)),
        Step("assign", "交办", ("registered",), "assigned", "Art 22", "V", PETITION_OFFICE,
             ("unit", "document", "report_by"), ("acceptance", "objection", "report_back"),
             ("first_step",), ("report_by_ahead",)),
        Step("object", "提出异议", SENT, "objected", "Art 23(3)", "V", UNIT,
             ("reason", "document"), (), ("objection",), ("objection_in_time",)),
        Step("take_back", "同意退回", ("objected",), "registered", "Art 23(3)", "V",
             PETITION_OFFICE, ("document",), ("first_step",), ("acceptance", "report_back"),
             ("decided_by_the_sender",)),
        Step("insist", "不同意退回", ("objected",), "transferred", "Art 23(3)", "V",
             PETITION_OFFICE, ("reason", "document"), conditions=("decided_by_the_sender",)),
        Step("dispute_competence", "管辖争议", ("objected", *SENT), "disputed", "Art 24", "U",
             PETITION_OFFICE, ("reason",), (), ("objection",)),
        Step("settle_competence", "确定管辖", ("disputed",), "transferred", "Art 24", "U", HEAD,
             ("unit", "document", "settled_by"), ("acceptance",), ("acceptance",)),
        # Whether it is accepted
        Step("accept", "受理", UNDECIDED, "accepted", "Art 23", "V", UNIT, ("document",),
             ("handling",), ("first_step", "acceptance", "objection")),
        Step("refuse", "不予受理", UNDECIDED, "refused", "Art 31", "V", UNIT,
             ("ground", "document"), (),
             ("first_step", "acceptance", "objection", "report_back")),
        Step("not_accept_again", "不再受理", UNDECIDED, "not_accepted_again", "Art 31", "V", UNIT,
             ("ground", "document"), (),
             ("first_step", "acceptance", "objection", "report_back")),
        Step("route", "导入其他程序", (*UNDECIDED, "accepted"), "routed", "Art 31(1) to (5)", "V",
             UNIT, ("route", "document"), (),
             ("first_step", "acceptance", "objection", "handling"), classes=APPEALS),
        # Handling
        Step("handle", "办理", ("accepted",), "handling", "Arts 27 to 31", "V", UNIT,
             ("handler",)),
        Step("name_handler", "指定承办人", IN_WORK, "", "ADR 9", "O", UNIT, ("handler",)),
        Step("name_team", "组成专班", IN_WORK, "", "ADR 9", "O", ANY_STAFF, ("team",)),
        Step("set_plan", "制定方案", IN_WORK, "", "ADR 9", "O", ANY_STAFF, ("document",)),
        Step("report_progress", "办理进展", IN_WORK, "", "ADR 9", "O", UNIT, ("reason",)),
        Step("consult", "会商", IN_WORK, "", "Art 31", "U", ANY_STAFF, ("document",)),
        Step("hear", "听证", ("handling",), "", "Art 31(6)", "V", UNIT, ("document",)),
        Step("ask_assistance", "协办", IN_WORK, "", "ADR 9", "O", ANY_STAFF,
             ("unit", "reason")),
        Step("ask_extension", "申请延期", ("handling",), "", "Art 34", "R", UNIT,
             ("days", "reason"), conditions=("extension_possible",), classes=APPEALS),
        Step("approve_extension", "批准延期", ("handling",), "", "Art 34", "R", HEAD,
             ("document",), conditions=("extension_asked", "extension_possible"),
             classes=APPEALS, of_the_organ=True),
        Step("decline_extension", "不同意延期", ("handling",), "", "Art 34", "R", HEAD,
             ("reason",), conditions=("extension_asked",), classes=APPEALS, of_the_organ=True),
        Step("reply", "答复", ("handling",), "replied", "Art 31(6)", "V", ANY_STAFF,
             ("document",), ("review_request", "carrying_out"),
             ("handling", "report_back", "re_examination", "carrying_out"),
             ("carry_out_by_ahead",), may_take=("carry_out_by",)),
        # Before it can be closed
        Step("ask_evaluation", "邀请评价", ("replied",), "", "ADR 9", "U", PETITION_OFFICE,
             ("asked_through",), ("evaluation",), ("evaluation",), ("not_the_handler",)),
        Step("evaluate", "评价", ("replied", *PAST_EVALUATION), "evaluated", "ADR 9", "U",
             (*PETITION_OFFICE, "agency"), ("office_score", "unit_score", "satisfied"), (),
             ("evaluation",), ("not_evaluated", "not_the_handler"), may_take=("reply_received",),
             stays_in=PAST_EVALUATION),
        Step("record_no_evaluation", "逾期未评价", ("replied",), "evaluated", "ADR 9", "U",
             PETITION_OFFICE, (), (), ("evaluation",),
             ("evaluation_term_over", "not_the_handler")),
        Step("re_examine", "重新核查", PAST_EVALUATION, "handling", "ADR 9", "U", PETITION_OFFICE,
             ("reason",), ("re_examination",), ("review_request",), ("dissatisfied",)),
        Step("visit", "回访", ("evaluated",), "visited", "ADR 9", "U", ANY_STAFF, ("document",),
             conditions=("re_examined", "not_the_handler", *FINDING), may_take=FOUND,
             not_the_unit=True),
        Step("check", "三查", ("visited", "checked"), "checked", "ADR 9", "U", PETITION_OFFICE,
             ("document",), conditions=("re_examined", "not_own_work", "check_due", *FINDING),
             may_take=("aspect", *FOUND)),
        Step("verify", "初核", ("checked",), "verified", "ADR 9", "U", PETITION_OFFICE,
             ("document",), conditions=("re_examined", "not_own_work", "all_checked", *FINDING),
             may_take=FOUND),
        Step("countersign", "复核", ("verified",), "cleared", "ADR 9", "U", PETITION_OFFICE,
             ("document",), conditions=("re_examined", "not_own_work", *FINDING),
             may_take=FOUND),
        # Second and third instance
        Step("ask_review", "申请复查", (*ANSWERED, "closed"), "review_asked", "Art 35", "R",
             (*PETITION_OFFICE, "agency"), ("document",), ("review",),
             ("review_request", "evaluation"), ("review_in_time",), APPEALS,
             anywhere_in_region=True),
        Step("decide_review", "复查意见", ("review_asked",), "reviewed", "Art 35", "R", HEAD,
             ("finding", "document"), ("re_review_request",), ("review",), ("not_own_opinion",),
             APPEALS),
        Step("remand", "撤销并责令重办", ("review_asked",), "handling", "Art 35", "R", HEAD,
             ("document",), ("handling",), ("review", "carrying_out"), ("not_own_opinion",),
             APPEALS),
        Step("ask_re_review", "申请复核", ("reviewed",), "re_review_asked", "Art 36", "R",
             (*PETITION_OFFICE, "agency"), ("document",), ("re_review",), ("re_review_request",),
             ("re_review_in_time",), APPEALS, anywhere_in_region=True),
        Step("begin_hearing", "复核听证开始", ("re_review_asked",), "re_review_hearing", "Art 36",
             "R", HEAD, ("document",), conditions=("no_hearing_that_day", *SECOND_BODY),
             classes=APPEALS, anywhere_in_region=True),
        Step("end_hearing", "复核听证结束", ("re_review_hearing",), "re_review_asked", "Art 36",
             "R", HEAD, ("document",), conditions=SECOND_BODY, classes=APPEALS,
             anywhere_in_region=True),
        Step("decide_re_review", "复核意见", ("re_review_asked",), "re_reviewed", "Art 36", "R",
             HEAD, ("finding", "document"), (), ("re_review",), SECOND_BODY, APPEALS,
             anywhere_in_region=True),
        Step("let_stand", "逾期未申请复核", ("reviewed",), "ended", "Art 36", "R",
             PETITION_OFFICE, ("document",), (), ("re_review_request",),
             ("re_review_term_over",), APPEALS),
        Step("end", "信访终结", ("re_reviewed",), "ended", "Art 36", "R", PETITION_OFFICE,
             ("document",), classes=APPEALS),
        # What is an appeal no more has no review; where it stood it is handled as what it is
        Step("drop_review", "终止复查复核", IN_REVIEW, "handling", "ADR 11", "O", PETITION_OFFICE,
             ("reason", "document"), (),
             ("review_request", "review", "re_review_request", "re_review"), ("no_appeal",)),
        # Another unit for one that is a party; the terms run on
        Step("replace_unit", "回避更换承办单位", AT_WORK, "", "ADR 11", "O", PETITION_OFFICE,
             ("unit", "instead_of", "document"), conditions=("party_at_work",)),
        # Whether what was reported is so, also of what is closed
        Step("report_carrying_out", "报告执行情况", EVERY_STATE, "", "ADR 9", "U", UNIT,
             ("document",), (), ("carrying_out",), ("carrying_out_due",)),
        Step("inspect", "核查", EVERY_STATE, "", "ADR 9", "U", PETITION_OFFICE,
             ("found_by", "document"), conditions=(*FINDING, "repeat_on_record"),
             may_take=FOUND),
        # Supervision, also of what is closed
        Step("order_supervision", "督办", EVERY_STATE, "", "Art 39", "V", HEAD,
             ("trigger", "reason", "document", "report_by"), ("supervision",), ("supervision",),
             conditions=("report_by_ahead", "trigger_on_record")),
        Step("answer_supervision", "督办反馈", EVERY_STATE, "", "Art 39", "V", UNIT,
             ("document",), (), ("supervision",), ("supervision_open",)),
        Step("propose", "提出三项建议", EVERY_STATE, "", "Art 40", "V", HEAD,
             ("proposal", "document", "report_by"), ("proposal",),
             conditions=("supervised", "no_proposal_open", "report_by_ahead")),
        Step("adopt_proposal", "建议采纳情况", EVERY_STATE, "", "Art 40", "V", PETITION_OFFICE,
             ("adopted", "document"), (), ("proposal",), ("proposal_open",)),
        # The petitioner's and the owner's own steps
        Step("withdraw", "撤回", (*UNDECIDED, "objected", "disputed", *IN_WORK, *ANSWERED,
                                 "review_asked", "reviewed", "re_review_asked"),
             "withdrawn", "ADR 9", "U", (*PETITION_OFFICE, "agency"), ("reason", "document"),
             anywhere_in_region=True),
        Step("close", "办结", ("cleared", "refused", "not_accepted_again", "routed", "ended",
                               "withdrawn"),
             "closed", "海盐首问负责", "V", ("leader", "office_head"),
             conditions=("dissatisfaction_answered",)),
        Step("reopen", "重新办理", ("closed",), "handling", "海盐首问负责", "O", HEAD,
             ("reason", "document"), ("handling",)),
    )
}  # fmt: skip

# How a step says when it happened, where it does so by another name.
DATED_BY: Final[Mapping[str, str]] = {"reply": "delivered_at"}

# With a step to one of these a matter is at its end, and what it owes to the petitioner ends.
FINAL: Final = frozenset(
    {"refused", "not_accepted_again", "routed", "ended", "withdrawn", "closed"}
)
BEGINNING: Final = "registered"


def steps_from(state: str, petition_class: str) -> list[Step]:
    """Return the steps that lead on from a state, in the order of the table."""
    return [
        step for step in STEPS.values() if state in step.sources and petition_class in step.classes
    ]


def edges() -> Iterator[tuple[str, Step, str]]:
    """Yield each edge: from, by which step, to."""
    for step in STEPS.values():
        for source, to in step.edges():
            yield source, step, to

"""What the conditions of `statute.course.CONDITIONS` mean, by their names in the table below."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from services.responsibility.domain.policy import REPORT_WITHIN, day_of
from services.responsibility.domain.supervision import promise, untrue_reports
from services.responsibility.domain.taking import Taking
from services.responsibility.domain.triggers import is_shown, what_is_shown
from services.responsibility.domain.under_way import CARRYING_OUT, UnderWay
from statute.counting import Due, TermRefusal
from statute.course import CHECKS, SENDING
from statute.workdays import WorkCalendar

# Rights of the petitioner, each with the step that his days run from.
HIS_DAYS: Final[Mapping[str, str]] = {
    "review_request": "reply",
    "re_review_request": "decide_review",
    "evaluation": "ask_evaluation",
}


def _his_due(course: UnderWay, code: str, calendar: WorkCalendar) -> Due | None:
    """Return when a right of the petitioner ends, which what is recorded late does not shorten.

    What it runs from may be dated back by any number of days: he has all of his days from when it
    is on record. What the term is told to end on stays as it was counted.
    """
    running, begun = course.terms[code], course.last(HIS_DAYS[code])
    if begun is None or begun.recorded_at is None:
        return running.due
    return replace(running.term, runs_from=day_of(begun.recorded_at)).due(calendar)


def _open_to_him(course: UnderWay, code: str, taking: Taking) -> bool:
    return course.runs(code) and not _over_for_him(course, code, taking)


def _over_for_him(course: UnderWay, code: str, taking: Taking) -> bool:
    due = _his_due(course, code, taking.calendar)
    return due is not None and taking.at >= due.until


def _objection_in_time(course: UnderWay, taking: Taking) -> bool:
    """By the record: an organ that dates its objection back has no more days for it."""
    objection = course.terms.get("objection")
    return objection is not None and objection.open_at(taking.on_record_at)


def _review_in_time(course: UnderWay, taking: Taking) -> bool:
    """A closure does not shorten the petitioner's term; asking or withdrawing uses it up."""
    used = course.last("ask_review") or course.last("withdraw")
    ran = "review_request" in course.terms
    return ran and not used and not _over_for_him(course, "review_request", taking)


def _re_review_in_time(course: UnderWay, taking: Taking) -> bool:
    return _open_to_him(course, "re_review_request", taking)


def _re_review_term_over(course: UnderWay, taking: Taking) -> bool:
    return not _open_to_him(course, "re_review_request", taking)


def _extension_possible(course: UnderWay, taking: Taking) -> bool:
    handling = course.terms.get("handling")
    asked = course.last("ask_extension")
    days = taking.given.get("days") or (asked.given["days"] if asked else 0)
    if handling is None or handling.ended_on is not None:
        return False
    try:
        handling.term.extend(days, day_of(taking.on_record_at), taking.calendar)
    except TermRefusal:
        return False
    return True


def _extension_asked(course: UnderWay, _taking: Taking) -> bool:
    decisions = {"ask_extension", "approve_extension", "decline_extension"}
    decided = [taken.step for taken in course.since_handled() if taken.step in decisions]
    return decided[:1] == ["ask_extension"]


def _dissatisfied(course: UnderWay, _taking: Taking) -> bool:
    evaluation = course.last("evaluate")
    return evaluation is not None and not evaluation.given["satisfied"]


def _re_examined(course: UnderWay, taking: Taking) -> bool:
    return course.last("re_examine") is not None or not _dissatisfied(course, taking)


def _dissatisfaction_answered(course: UnderWay, taking: Taking) -> bool:
    """He may say it when all is checked; at any other end nothing is left to be examined."""
    return course.state != "cleared" or _re_examined(course, taking)


def _not_evaluated(course: UnderWay, taking: Taking) -> bool:
    """A slip that counted him as satisfied is undone by what he says; the other way never."""
    evaluation = course.last("evaluate")
    return evaluation is None or (evaluation.given["satisfied"] and not taking.given["satisfied"])


def _evaluation_term_over(course: UnderWay, taking: Taking) -> bool:
    return course.runs("evaluation") and _over_for_him(course, "evaluation", taking)


def _no_hearing_that_day(course: UnderWay, taking: Taking) -> bool:
    return all(pause.last != taking.day for pause in course.terms["re_review"].term.pauses)


def _not_own_work(course: UnderWay, taking: Taking) -> bool:
    """One person may make several of the checks; whoever verifies made none of them."""
    verifying = {"verify", "countersign"}
    before = verifying if taking.step.code == "check" else {"check", *verifying}
    checkers = {taken.by for taken in course.since_handled() if taken.step in before}
    return taking.by not in _workers(course) | checkers


def _not_the_handler(course: UnderWay, taking: Taking) -> bool:
    """Whoever delivered the reply, the owner as a rule, may visit: it is his to see to it."""
    return taking.by not in {*course.work.handlers, *course.work.members}


def _check_due(course: UnderWay, taking: Taking) -> bool:
    due = _unchecked(course)
    return taking.given["aspect"] in due if "aspect" in taking.given else bool(due)


def _all_checked(course: UnderWay, _taking: Taking) -> bool:
    return not _unchecked(course)


def _unchecked(course: UnderWay) -> list[str]:
    """Return the checks that were not made yet; one on record without its name was all of them."""
    made = [taken.given for taken in course.since_handled() if taken.step == "check"]
    if any("aspect" not in given for given in made):
        return []
    return [check for check in CHECKS if check not in {given["aspect"] for given in made}]


def _workers(course: UnderWay) -> frozenset[str]:
    """Staff numbers of all who were ever handler or in the team, or delivered a reply."""
    replied = {taken.by for taken in course.steps if taken.step == "reply"}
    return frozenset({*course.work.handlers, *course.work.members, *replied})


def _decided_by_the_sender(course: UnderWay, taking: Taking) -> bool:
    sent = course.last_of(SENDING)
    objected = course.last_of({"object"})
    by_another = objected is None or taking.by != objected.by
    return by_another and (sent is None or taking.stands_for(taking.office, sent.office))


def _not_own_opinion(course: UnderWay, taking: Taking) -> bool:
    """Neither who made it nor anybody of the organ whose opinion it is, or of one below it.

    Where no unit has the matter, the opinion is that of the matter's own office.
    """
    unit = course.work.unit or course.office
    return taking.by not in _workers(course) and not taking.stands_for(unit, taking.office)


def _another_body(course: UnderWay, taking: Taking) -> bool:
    reviewed = course.last("decide_review")
    if reviewed is None:
        return True
    below = taking.stands_for(reviewed.office, taking.office)
    return taking.by != reviewed.by and not below


def _report_by_ahead(_course: UnderWay, taking: Taking) -> bool:
    ahead = date.fromisoformat(taking.given["report_by"]) - taking.day
    return timedelta(0) < ahead <= REPORT_WITHIN


def _carry_out_by_ahead(_course: UnderWay, taking: Taking) -> bool:
    stated = taking.given.get("carry_out_by")
    ahead = date.fromisoformat(stated) - taking.day if stated else timedelta(1)
    return timedelta(0) < ahead <= REPORT_WITHIN


def _carrying_out_due(course: UnderWay, _taking: Taking) -> bool:
    return course.runs(CARRYING_OUT)


def _carrying_out_promised(course: UnderWay, taking: Taking) -> bool:
    return "carried_out" not in taking.given or promise(course.steps) is not None


def _untrue_on_record(course: UnderWay, taking: Taking) -> bool:
    return untrue_reports(course.steps, taking.given.get("untrue_steps", ()), taking.by)


def _no_appeal(course: UnderWay, _taking: Taking) -> bool:
    return course.petition_class != "appeal"


def _party_at_work(course: UnderWay, taking: Taking) -> bool:
    replaced = taking.given["instead_of"]
    at_work = replaced in {course.work.unit, *course.work.assisting}
    return at_work and taking.parties.include(replaced)


def _supervision_open(course: UnderWay, _taking: Taking) -> bool:
    return course.runs("supervision")


def _supervised(course: UnderWay, _taking: Taking) -> bool:
    return "supervision" in course.terms


def _proposal_open(course: UnderWay, _taking: Taking) -> bool:
    return course.runs("proposal")


def _no_proposal_open(course: UnderWay, _taking: Taking) -> bool:
    return not course.runs("proposal")


# What a correction may put in that a condition of the step asks about: it has to hold again.
ASKED_AGAIN: Final[Mapping[str, str]] = {"document": "repeat_on_record"}

HOLDS: Final[Mapping[str, Callable[[UnderWay, Taking], bool]]] = {
    "objection_in_time": _objection_in_time,
    "review_in_time": _review_in_time,
    "re_review_in_time": _re_review_in_time,
    "re_review_term_over": _re_review_term_over,
    "extension_asked": _extension_asked,
    "extension_possible": _extension_possible,
    "dissatisfied": _dissatisfied,
    "re_examined": _re_examined,
    "dissatisfaction_answered": _dissatisfaction_answered,
    "not_evaluated": _not_evaluated,
    "evaluation_term_over": _evaluation_term_over,
    "no_hearing_that_day": _no_hearing_that_day,
    "report_by_ahead": _report_by_ahead,
    "trigger_on_record": is_shown,
    "carry_out_by_ahead": _carry_out_by_ahead,
    "carrying_out_due": _carrying_out_due,
    "carrying_out_promised": _carrying_out_promised,
    "untrue_on_record": _untrue_on_record,
    "repeat_on_record": lambda _, taking: taking.repeat_known,
    "no_appeal": _no_appeal,
    "party_at_work": _party_at_work,
    "supervision_open": _supervision_open,
    "supervised": _supervised,
    "proposal_open": _proposal_open,
    "no_proposal_open": _no_proposal_open,
    "not_own_work": _not_own_work,
    "not_the_handler": _not_the_handler,
    "check_due": _check_due,
    "all_checked": _all_checked,
    "decided_by_the_sender": _decided_by_the_sender,
    "not_own_opinion": _not_own_opinion,
    "another_body": _another_body,
}


Tells = Callable[[UnderWay, Taking], dict[str, str]]


def _until(code: str) -> Tells:
    def until(course: UnderWay, taking: Taking) -> dict[str, str]:
        due = _his_due(course, code, taking.calendar) if course.runs(code) else None
        return {"until": due.on.isoformat()} if due is not None else {}

    return until


def _last_day(code: str) -> Tells:
    def last_day(course: UnderWay, taking: Taking) -> dict[str, str]:
        if code not in course.terms:
            return {}
        his = code in HIS_DAYS
        due = _his_due(course, code, taking.calendar) if his else course.terms[code].due
        return {"last_day": due.on.isoformat()} if due is not None else {}

    return last_day


# What a refusal says beside what a condition asks: until when a term goes on or which day was its
# last, what is missing.
TELLS: Final[Mapping[str, Tells]] = {
    "objection_in_time": _last_day("objection"),
    "review_in_time": _last_day("review_request"),
    "re_review_in_time": _last_day("re_review_request"),
    "extension_possible": _last_day("handling"),
    "re_review_term_over": _until("re_review_request"),
    "evaluation_term_over": _until("evaluation"),
    "all_checked": lambda course, _: {"missing": ", ".join(_unchecked(course))},
    "trigger_on_record": what_is_shown,
}

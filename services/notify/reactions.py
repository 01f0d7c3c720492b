"""What notify does about events of others."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Final
from uuid import UUID

from chassis.eventstore.application import Unit
from chassis.messaging.inbox import Reaction
from contracts.envelope import CloudEvent
from contracts.events import responsibility as told
from services.notify.application import Notify, subject_of
from services.notify.application.planning import VISIT, Plans, TermTold
from services.notify.domain.calendars import CALENDARS
from services.notify.domain.reminder import OWNS, SPLIT, Occasion
from services.notify.domain.reminders import PetitionReminders
from statute.course import STEPS
from statute.workdays import CALENDAR_FIELDS

# Event to the word of a plan on why it was made, or dropped.
PLANNED_BECAUSE: Final[Mapping[str, str]] = {
    told.TermBegunV1.TYPE: "term_begun",
    told.TermExtendedV1.TYPE: "term_extended",
    told.TermResumedV1.TYPE: "term_resumed",
    told.TermRecountedV1.TYPE: "term_recounted",
    told.ReceiptCorrectedV1.TYPE: "term_recounted",
}
DROPPED_BECAUSE: Final[Mapping[str, str]] = {
    told.TermPausedV1.TYPE: "term_paused",
    told.TermEndedV1.TYPE: "term_ended",
}
CALENDAR_EVENTS: Final = (told.CalendarImportedV1.TYPE, told.CalendarReplacedV1.TYPE)

REMINDED_OF: Final = (
    told.OwnershipAwaitedV1,
    told.OwnershipTakenV1,
    told.ReceptionRecordedV1,
    told.OwnershipSucceededV1,
    told.OwnershipRecusedV1,
    told.RepeatJoinedV1,
    told.RepeatNotAcceptedAgainV1,
    told.MatterMergedV1,
    told.OwnershipMergedV1,
    told.RepeatLeftV1,
    told.OwnershipVoidedV1,
    told.OwnershipSplitV1,
    told.CaseClosedV1,
    told.CaseReopenedV1,
    told.CaseReopeningVoidedV1,
    told.PartiesKeptOutV1,
    told.RecusalDueV1,
    told.ReplacementDueV1,
    told.ReplacementSettledV1,
    told.MatterCorrectedV1,
)


# Event to the reason for which the owner is told of it at once, and when that applies.
OWNER_IS_TOLD: Final[Mapping[str, tuple[str, Callable[[CloudEvent], bool]]]] = {
    told.OwnershipTakenV1.TYPE: (OWNS, lambda _event: True),
    told.RepeatJoinedV1.TYPE: ("repeat_joined", lambda event: bool(event.data["owner"])),
    told.RepeatNotAcceptedAgainV1.TYPE: ("repeat_not_accepted", lambda _event: True),
    told.MatterMergedV1.TYPE: ("repeat_joined", lambda event: bool(event.data["owner"])),
    told.RepeatLeftV1.TYPE: (SPLIT, lambda event: bool(event.data["owner"])),
    # Of a repeat that opens it again the owner is told already.
    told.CaseReopenedV1.TYPE: ("reopened", lambda event: event.data["ground"] == "order"),
}

RECEIVED_BY_ANOTHER: Final = frozenset({"rival", "disputed"})

# States of a course in which the reply was delivered, and the visit after it was not made.
VISIT_AWAITED: Final = frozenset({"replied", "evaluated"})
# Those from which a matter is closed with no visit to come, whoever replied without a course.
NO_VISIT: Final = frozenset(STEPS["close"].sources)


def occasion_of(event: CloudEvent) -> Occasion:
    """Return an event as the occasion of reminders."""
    return Occasion(event.id, event.recordedtime)


def ends_visit(event: CloudEvent) -> bool:
    """Tell whether after a step no visit is awaited that was awaited before it."""
    before, state = event.data["previous_state"], event.data["state"]
    return state not in VISIT_AWAITED and (before in VISIT_AWAITED or state in NO_VISIT)


def needs() -> Mapping[str, Callable[[CloudEvent], Iterable[UUID]]]:
    """Return type of event to the ids of what its reaction asks for."""

    def stream(event: CloudEvent) -> list[UUID]:
        return [PetitionReminders.create_id(event.data["petition_id"])]

    def with_calendar(event: CloudEvent) -> list[UUID]:
        return [*stream(event), CALENDARS]

    counted = [
        told.OwnershipAwaitedV1.TYPE,
        told.OwnershipSucceededV1.TYPE,
        told.OwnershipRecusedV1.TYPE,
        told.OwnershipVoidedV1.TYPE,
        told.CourseSplitV1.TYPE,
        told.OwnershipSplitV1.TYPE,
        told.ReplyDeliveredV1.TYPE,
        *PLANNED_BECAUSE,
    ]
    return {
        **{message.TYPE: stream for message in REMINDED_OF},
        told.CourseStepTakenV1.TYPE: lambda event: stream(event) if ends_visit(event) else [],
        **dict.fromkeys(DROPPED_BECAUSE, stream),
        **dict.fromkeys(counted, with_calendar),
        **dict.fromkeys(CALENDAR_EVENTS, lambda _event: [CALENDARS]),
    }


def reactions(notify: Notify) -> Mapping[str, Reaction]:
    """Return type of event to what is done about it."""
    reacting = {
        **dict.fromkeys(OWNER_IS_TOLD, _tell_owner),
        **dict.fromkeys(PLANNED_BECAUSE, _plan_term),
        **dict.fromkeys(DROPPED_BECAUSE, _drop_term),
        **dict.fromkeys(CALENDAR_EVENTS, _hear_of_calendar),
        **_NEWS,
    }
    return {type_: partial(react, notify) for type_, react in reacting.items()}


def _plan_term(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    runs_from = event.data.get("runs_from")
    term = TermTold(
        event.data["term"],
        PLANNED_BECAUSE[event.type],
        date.fromisoformat(event.data["due"]["on"]),
        date.fromisoformat(runs_from) if runs_from else None,
    )
    Plans(notify).plan(unit, subject_of(event.data), term, event.recordedtime)


def _move_first_step(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    """Plan the first step by another receipt, where no course says by which day."""
    if event.data["due"] is not None:
        _plan_term(notify, unit, event)


def _drop_term(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    term, why = event.data["term"], DROPPED_BECAUSE[event.type]
    Plans(notify).drop(unit, subject_of(event.data), term, why, event.recordedtime)


def _plan_visit(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    replied_at = datetime.fromisoformat(event.data["delivered_at"])
    Plans(notify).plan_visit(unit, subject_of(event.data), replied_at, event.recordedtime)


def _follow_step(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    """Tell nobody of a visit that was made, or that comes after another reply only."""
    if ends_visit(event):
        why = "term_ended" if event.data["state"] == "visited" else "reply_overtaken"
        Plans(notify).drop(unit, subject_of(event.data), VISIT, why, event.recordedtime)


def _hear_of_calendar(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    calendar = {name: event.data[name] for name in CALENDAR_FIELDS}
    Plans(notify).hear_of_calendar(unit, calendar, event.recordedtime)


def _begin(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    """Plan the first step, and remind the head where nobody is to own it at once."""
    received_at = event.data.get("received_at") or event.data["registered_at"]
    Plans(notify).plan_first_step(
        unit,
        subject_of(event.data),
        event.data["petition_class"],
        datetime.fromisoformat(received_at),
        event.recordedtime,
    )
    _await(notify, unit, event)


def _await(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    if event.data["awaits"] != "duty_leader":
        notify.plan_for_untaken(unit, subject_of(event.data), occasion_of(event))


def _tell_owner(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    reason, applies = OWNER_IS_TOLD[event.type]
    if applies(event):
        owner = event.data["owner"]
        notify.plan_for_owner(unit, subject_of(event.data), owner, occasion_of(event), reason)


def _tell_of_reception(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    if event.data["standing"] in RECEIVED_BY_ANOTHER:
        notify.plan_for_reception(unit, subject_of(event.data), occasion_of(event))


def _follow_merging(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    notify.follow_merging(unit, subject_of(event.data), event.data["owner"], occasion_of(event))
    Plans(notify).drop_all(unit, subject_of(event.data), "merged", event.recordedtime)


def _split_course(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    terms = event.data["terms"]
    Plans(notify).plan_again(unit, subject_of(event.data), terms, event.recordedtime)


def _follow_split(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    """Tell its owner; where it has none, it is awaited as it was before."""
    subject, owner = subject_of(event.data), event.data["owner"]
    if owner is not None:
        notify.plan_for_owner(unit, subject, owner, occasion_of(event), SPLIT)
    else:
        _await(notify, unit, event)
    Plans(notify).plan_visit_again(unit, subject, event.recordedtime)


def _follow_voiding(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    """Remind whoever owned it no more; it is awaited again."""
    subject, owner = subject_of(event.data), event.data["previous_owner"]
    notify.forget_owner(unit, subject, owner, event.recordedtime)
    _await(notify, unit, event)


def _pass_on(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    notify.change_owner(
        unit,
        subject_of(event.data),
        event.data["previous_owner"],
        event.data["owner"],
        occasion_of(event),
    )


def _close(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    notify.cancel_all(unit, subject_of(event.data), event.recordedtime)
    Plans(notify).drop_all(unit, subject_of(event.data), "case_closed", event.recordedtime)


def _close_again(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    """Remind nobody of it any more; its owner is told all the same that a petition left it."""
    notify.cancel_all(unit, subject_of(event.data), event.recordedtime, sparing=SPLIT)
    Plans(notify).drop_all(unit, subject_of(event.data), "case_closed", event.recordedtime)


def _keep_out(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    if event.data["sealed"]:
        marks = event.data["kept_out"]
        notify.keep_out(unit, subject_of(event.data), marks, event.recordedtime)


def _reclassify(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    petition_class = event.data["petition_class"]
    notify.reclassify(unit, subject_of(event.data), petition_class, event.recordedtime)


def _tell_of_recusal(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    notify.plan_for_recusal(unit, subject_of(event.data), occasion_of(event))


def _tell_of_replacement(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    notify.plan_for_replacement(unit, subject_of(event.data), occasion_of(event))


def _settle_replacement(notify: Notify, unit: Unit, event: CloudEvent) -> None:
    notify.settle_replacement(unit, subject_of(event.data), occasion_of(event))


_NEWS: Final[Mapping[str, Callable[[Notify, Unit, CloudEvent], None]]] = {
    told.OwnershipAwaitedV1.TYPE: _begin,
    told.ReceptionRecordedV1.TYPE: _tell_of_reception,
    told.OwnershipSucceededV1.TYPE: _pass_on,
    told.OwnershipRecusedV1.TYPE: _pass_on,
    told.OwnershipMergedV1.TYPE: _follow_merging,
    told.OwnershipVoidedV1.TYPE: _follow_voiding,
    told.OwnershipSplitV1.TYPE: _follow_split,
    told.CourseSplitV1.TYPE: _split_course,
    told.ReplyDeliveredV1.TYPE: _plan_visit,
    told.CourseStepTakenV1.TYPE: _follow_step,
    told.CaseClosedV1.TYPE: _close,
    told.CaseReopeningVoidedV1.TYPE: _close_again,
    told.PartiesKeptOutV1.TYPE: _keep_out,
    told.RecusalDueV1.TYPE: _tell_of_recusal,
    told.ReplacementDueV1.TYPE: _tell_of_replacement,
    told.ReplacementSettledV1.TYPE: _settle_replacement,
    told.MatterCorrectedV1.TYPE: _reclassify,
    told.ReceiptCorrectedV1.TYPE: _move_first_step,
}

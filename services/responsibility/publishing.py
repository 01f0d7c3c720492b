"""Own facts as the messages that others read; the only place that sees both."""

from collections.abc import Mapping
from typing import Final

from chassis.messaging.telling import Telling
from contracts.events import responsibility as told
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.roster import RosterLine
from services.responsibility.domain.workdays import PublishedCalendars

TELLINGS: Final[Mapping[type, Telling]] = {
    Ownership.Awaited: Telling(told.OwnershipAwaitedV1, occurred="registered_at"),
    Ownership.Taken: Telling(told.OwnershipTakenV1, occurred="taken_at"),
    Ownership.ReceptionRecorded: Telling(told.ReceptionRecordedV1, occurred="received_at"),
    Ownership.DisputeOpened: Telling(told.DisputeOpenedV1, occurred="claimed_at"),
    Ownership.DisputeRuled: Telling(told.DisputeRuledV1),
    Ownership.Succeeded: Telling(told.OwnershipSucceededV1),
    Ownership.Recused: Telling(told.OwnershipRecusedV1),
    Ownership.RepeatJoined: Telling(told.RepeatJoinedV1),
    Ownership.NotAcceptedAgain: Telling(told.RepeatNotAcceptedAgainV1),
    Ownership.MatterMerged: Telling(told.MatterMergedV1),
    Ownership.Merged: Telling(told.OwnershipMergedV1),
    Ownership.RepeatLeft: Telling(told.RepeatLeftV1),
    Ownership.Voided: Telling(told.OwnershipVoidedV1),
    Ownership.Split: Telling(told.OwnershipSplitV1),
    Ownership.ReplyDelivered: Telling(told.ReplyDeliveredV1, occurred="delivered_at"),
    Ownership.Closed: Telling(told.CaseClosedV1),
    Ownership.Reopened: Telling(told.CaseReopenedV1),
    Ownership.ReopeningVoided: Telling(told.CaseReopeningVoidedV1),
    Ownership.PartiesKeptOut: Telling(told.PartiesKeptOutV1),
    Ownership.RecusalDue: Telling(told.RecusalDueV1),
    Ownership.MatterCorrected: Telling(told.MatterCorrectedV1),
    Ownership.WithdrawalReceived: Telling(told.WithdrawalReceivedV1),
    Ownership.ReceiptCorrected: Telling(told.ReceiptCorrectedV1),
    Ownership.ReplyCorrected: Telling(told.ReplyCorrectedV1),
    Course.Begun: Telling(told.CourseBegunV1, occurred="registered_at"),
    Course.StepTaken: Telling(told.CourseStepTakenV1, occurred="happened_at"),
    Course.SupervisionFound: Telling(told.SupervisionReasonFoundV1),
    Course.ReplacementDue: Telling(told.ReplacementDueV1),
    Course.ReplacementSettled: Telling(told.ReplacementSettledV1),
    Course.Reclassified: Telling(told.CourseReclassifiedV1),
    Course.StepCorrected: Telling(told.CourseStepCorrectedV1),
    Course.TermBegun: Telling(told.TermBegunV1),
    Course.TermExtended: Telling(told.TermExtendedV1),
    Course.TermPaused: Telling(told.TermPausedV1),
    Course.TermResumed: Telling(told.TermResumedV1),
    Course.TermRecounted: Telling(told.TermRecountedV1),
    Course.TermEnded: Telling(told.TermEndedV1),
    Course.Merged: Telling(told.CourseMergedV1),
    Course.Split: Telling(told.CourseSplitV1),
    PublishedCalendars.Imported: Telling(told.CalendarImportedV1),
    PublishedCalendars.Replaced: Telling(told.CalendarReplacedV1),
    RosterLine.LineSet: Telling(told.RosterLineSetV1),
    RosterLine.LineReplaced: Telling(told.RosterLineReplacedV1),
}

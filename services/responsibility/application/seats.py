"""Which office takes which step: that of the matter, the unit at work, or one above them."""

from chassis.jurisdiction import Actor, stands_for
from services.responsibility.domain.course import Course
from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import OfficeNotAllowed
from statute.course import Step


def offices_of(ownership: Ownership) -> list[str]:
    """Return the office of the matter and, behind it, that of its owner."""
    return [ownership.office, *(link.office for link in ownership.record.chain[-1:])]


def check_say(actor: Actor, ownership: Ownership, _course: Course | None) -> None:
    """Let the office of the matter decide, that of its owner, or one above them.

    An office that only registered a repeat has no say, though the repeat's number leads here; nor
    has one that is only of the same region.

    Raises:
        OfficeNotAllowed: with the office of the matter.
    """
    if not any(stands_for(actor.office, office) for office in offices_of(ownership)):
        raise OfficeNotAllowed(office=ownership.office)


def check_step(step: Step, actor: Actor, ownership: Ownership, course: Course | None) -> None:
    """Let the handling unit take its steps and no others, and the owner and who has a say any.

    Raises:
        OfficeNotAllowed: with the office of the matter.
    """
    if _of_the_unit(step, actor, course):
        return
    if not step.open_to_the_unit and _at_work(actor, ownership, course):
        raise OfficeNotAllowed(office=ownership.office)
    in_region = step.anywhere_in_region and actor.acts_for(ownership.office)
    if not in_region and actor.subject != ownership.owner:
        check_say(actor, ownership, course)


def check_correction(
    step: Step | None, actor: Actor, ownership: Ownership, course: Course | None
) -> None:
    """Let the handling unit correct what it stated itself, and who has a say anything.

    Raises:
        OfficeNotAllowed: with the office of the matter.
    """
    if step is None or not _of_the_unit(step, actor, course):
        check_say(actor, ownership, course)
        if step is not None and not step.open_to_the_unit and _at_work(actor, ownership, course):
            raise OfficeNotAllowed(office=ownership.office)


def _of_the_unit(step: Step, actor: Actor, course: Course | None) -> bool:
    unit = course.work.unit if course is not None else ""
    return step.open_to_the_unit and stands_for(actor.office, unit)


def _at_work(actor: Actor, ownership: Ownership, course: Course | None) -> bool:
    """Tell whether the office handles or assists, and is not the one that has the matter."""
    units = {course.work.unit, *course.work.assisting} if course is not None else set()
    return actor.office in units - {ownership.office}

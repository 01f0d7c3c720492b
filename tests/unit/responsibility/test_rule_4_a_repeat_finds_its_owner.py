"""Rule 4: a repeat petition finds its owner, at another office and after closure too."""

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import OfficeNotAllowed, PetitionUnknown
from tests.builders import (
    COUNTY,
    DAY,
    HUANG,
    NOON,
    OTHER_COUNTY,
    SHEN,
    TAO,
    actor,
    happened,
    number,
    petition_id,
    registration,
)
from tests.unit.responsibility.casebook import Casebook, close, receive

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
CLOSED = happened(Ownership.Closed)
REPEAT = registration(2, repeats=petition_id(1))
ELSEWHERE = registration(2, office=OTHER_COUNTY, repeats=petition_id(1))


class TestARepeatJoinsItsMatter:
    def test_it_has_the_owner_of_the_original(self, case: Casebook):
        """Both numbers lead to one matter with one owner."""
        case.given(AWAITED, TAKEN)
        case.when_registered(REPEAT)
        case.then(
            happened(
                Ownership.RepeatJoined,
                petition_id=petition_id(1),
                repeat_petition_id=petition_id(2),
                repeat_number=number(2),
                owner=HUANG,
            )
        )
        assert case.ownership(number(2)) == {**case.ownership(number(1)), "number": number(2)}
        assert case.ownership()["repeats"] == [number(2)]

    def test_it_joins_once(self, case: Casebook):
        """The registration of the repeat is told twice."""
        case.given(AWAITED, TAKEN)
        case.when_registered(REPEAT)
        case.when_registered(REPEAT)
        case.then_nothing()

    def test_a_repeat_of_a_repeat_joins_the_same_matter(self, case: Casebook):
        """Intake names the original; the matter stays one, however often it is raised."""
        case.given(AWAITED, TAKEN)
        case.when_registered(REPEAT, registration(3, repeats=petition_id(1)))
        assert case.ownership(number(3))["matter"] == number(1)
        assert case.ownership()["repeats"] == [number(2), number(3)]

    def test_it_is_fetched_with_its_original(self, case: Casebook):
        """Neither has arrived: the reception of the repeat makes the first contact."""
        case.arrivals.acknowledge(registration(), REPEAT)
        case.when(receive(SHEN, of=number(2)))
        case.then(
            happened(Ownership.Awaited, number=number(1)),
            happened(Ownership.RepeatJoined, repeat_number=number(2), owner=None),
            happened(Ownership.ReceptionRecorded, received_number=number(2), standing="first"),
            happened(Ownership.Taken, number=number(1), owner=SHEN),
        )

    def test_without_its_original_it_waits(self, case: Casebook):
        """A repeat never founds an ownership of its own."""
        case.when_registered(REPEAT)
        case.then_refused(PetitionUnknown)


class TestWhoeverReceivesItIsToldTheOwner:
    def test_at_the_same_office(self, case: Casebook):
        """The reception of the repeat is a rival's; the owner is named."""
        case.given(AWAITED, TAKEN)
        case.when_registered(REPEAT)
        case.when(receive(SHEN, of=number(2)))
        case.then(
            happened(
                Ownership.ReceptionRecorded,
                number=number(1),
                received_number=number(2),
                leader=SHEN,
                standing="rival",
            )
        )
        assert case.answer["owner"] == HUANG
        assert case.answer["matter"] == number(1)
        assert case.answer["number"] == number(2)

    def test_at_another_office(self, case: Casebook):
        """Another county registered the repeat; its leader is told the owner too."""
        case.given(AWAITED, TAKEN)
        case.when_registered(ELSEWHERE)
        case.when(receive(TAO, of=ELSEWHERE.number, office=OTHER_COUNTY))
        case.then(
            happened(Ownership.ReceptionRecorded, leader=TAO, office=OTHER_COUNTY, standing="rival")
        )
        assert case.answer["owner"] == HUANG
        assert case.answer["office"] == COUNTY

    def test_the_number_of_another_county_is_not_received_there(self, case: Casebook):
        """A leader of another county receives what his own office registered."""
        case.given(AWAITED, TAKEN)
        case.when(receive(TAO, office=OTHER_COUNTY))
        case.then_refused(OfficeNotAllowed, office=COUNTY)

    def test_nobody_receives_in_the_name_of_another_county(self, case: Casebook):
        """The reception's office is one that the caller acts for."""
        case.given(AWAITED)
        case.when(receive(HUANG, office=OTHER_COUNTY, by=actor(HUANG, COUNTY)))
        case.then_refused(OfficeNotAllowed, office=OTHER_COUNTY)

    def test_the_owner_receives_it_as_its_owner(self, case: Casebook):
        """The petitioner came back to the right one."""
        case.given(AWAITED, TAKEN)
        case.when_registered(REPEAT)
        case.when(receive(HUANG, of=number(2)))
        case.then(happened(Ownership.ReceptionRecorded, standing="owner"))

    def test_a_repeat_of_what_nobody_received_can_make_the_first_contact(self, case: Casebook):
        """The matter waits still; the leader who receives its repeat owns it."""
        case.given(AWAITED)
        case.when_registered(ELSEWHERE)
        case.when(receive(TAO, of=ELSEWHERE.number, office=OTHER_COUNTY))
        case.then(
            happened(Ownership.ReceptionRecorded, standing="first"),
            happened(Ownership.Taken, owner=TAO, office=OTHER_COUNTY),
        )
        assert case.ownership(number(1))["owner"] == TAO


class TestARepeatAfterClosure:
    def test_it_opens_the_matter_again_with_the_same_owner(self, case: Casebook):
        """Nobody is chosen anew, and the repeat is the ground."""
        case.given(AWAITED, TAKEN, CLOSED)
        later = registration(2, repeats=petition_id(1), registered_at=NOON + 90 * DAY)
        case.when_registered(later)
        case.then(
            happened(Ownership.RepeatJoined, owner=HUANG),
            happened(
                Ownership.Reopened,
                owner=HUANG,
                ground="repeat",
                repeat_number=number(2),
                timestamp=NOON + 90 * DAY,
            ),
        )
        assert case.ownership()["state"] == "owned"

    def test_also_at_another_office(self, case: Casebook):
        """The other county's leader on duty does not become its owner."""
        case.given(AWAITED, TAKEN, CLOSED)
        case.given_roster(TAO, office=OTHER_COUNTY)
        letter = registration(2, office=OTHER_COUNTY, channel="letter", repeats=petition_id(1))
        case.when_registered(letter)
        assert case.ownership(letter.number)["owner"] == HUANG
        assert case.owners() == [HUANG]

    def test_it_goes_to_the_successor_where_there_was_one(self, case: Casebook):
        """The owner is the last of the chain."""
        case.given(AWAITED, TAKEN, happened(Ownership.Succeeded, owner=SHEN), CLOSED)
        case.when_registered(REPEAT)
        case.then(
            happened(Ownership.RepeatJoined, owner=SHEN),
            happened(Ownership.Reopened, owner=SHEN),
        )

    def test_the_repeat_that_opened_it_opens_it_once(self, case: Casebook):
        """Closed again, the same registration told again leaves it closed."""
        case.given(AWAITED, TAKEN, CLOSED)
        case.when_registered(REPEAT)
        case.when(close(by=HUANG))
        case.when_registered(REPEAT)
        case.then_nothing()
        assert case.ownership()["state"] == "closed"

    def test_the_owner_closes_it_by_the_number_of_the_repeat(self, case: Casebook):
        """Whichever number he has in hand, it is the one matter."""
        case.given(AWAITED, TAKEN)
        case.when_registered(REPEAT)
        case.when(close(by=HUANG, of=number(2)))
        case.then(happened(Ownership.Closed, number=number(1)))

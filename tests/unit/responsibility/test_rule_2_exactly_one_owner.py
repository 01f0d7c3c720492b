"""Rule 2: exactly one owner from first contact until closure, whatever else happens."""

from services.responsibility.domain.ownership import Ownership
from services.responsibility.domain.refusals import CaseNotClosed, NotOwned
from tests.builders import DAY, HUANG, NOON, SHEN, TAO, happened, number, registration
from tests.unit.responsibility.casebook import (
    Casebook,
    close,
    receive,
    recuse,
    reopen,
    succeed,
)

AWAITED = happened(Ownership.Awaited)
TAKEN = happened(Ownership.Taken)
CLOSED = happened(Ownership.Closed)


class TestBeforeFirstContactNobodyOwnsIt:
    def test_a_visit_waits_for_its_reception(self, case: Casebook):
        """Registered at the counter: the reception decides, not the roster."""
        case.given_roster(TAO)
        case.when_registered(registration(channel="visit"))
        case.then(happened(Ownership.Awaited, awaits="reception"))
        assert case.ownership()["state"] == "awaited"
        assert case.ownership()["owner"] is None
        assert case.ownership()["first_contact"] is None

    def test_a_petition_that_nobody_owns_is_not_passed_on(self, case: Casebook):
        """There is no owner whom anybody could succeed."""
        case.given(AWAITED)
        case.when(succeed(SHEN))
        case.then_refused(NotOwned, number=number())

    def test_a_petition_that_nobody_owns_is_not_recused(self, case: Casebook):
        """There is nobody who could have an interest."""
        case.given(AWAITED)
        case.when(recuse(SHEN))
        case.then_refused(NotOwned)

    def test_a_petition_that_nobody_owns_is_not_closed(self, case: Casebook):
        """Only its owner closes it, and it has none."""
        case.given(AWAITED)
        case.when(close(by=HUANG))
        case.then_refused(NotOwned)


class TestFromFirstContactOnThereIsOne:
    def test_however_many_receive_it_one_owns_it(self, case: Casebook):
        """Rivals are on record, each of them; the owner is one."""
        case.given(AWAITED)
        for leader in (HUANG, SHEN, TAO):
            case.when(receive(leader))
            assert case.answer["owner"] == HUANG
        assert [rival["leader"] for rival in case.ownership()["rivals"]] == [SHEN, TAO]
        assert case.owners() == [HUANG]

    def test_a_petition_that_is_told_twice_stays_one_matter(self, case: Casebook):
        """The same registration comes again, after it was received."""
        case.when_registered(registration())
        case.when(receive(HUANG))
        case.when_registered(registration(), registration())
        case.then_nothing()

    def test_a_duty_leader_never_displaces_an_owner(self, case: Casebook):
        """A repeat comes in by letter: the leader on duty that day does not take it over."""
        case.given(AWAITED, TAKEN)
        case.given_roster(TAO)
        case.when_registered(registration(2, channel="letter", repeats=registration().petition_id))
        case.then(happened(Ownership.RepeatJoined, owner=HUANG))
        assert case.owners() == [HUANG]

    def test_closing_keeps_the_owner(self, case: Casebook):
        """After closure one still sees who answered for it."""
        case.given(AWAITED, TAKEN)
        case.when(close(by=HUANG))
        case.then(happened(Ownership.Closed, owner=HUANG))
        assert case.ownership()["owner"] == HUANG
        assert case.ownership()["state"] == "closed"

    def test_reopening_gives_it_back_to_the_same_owner(self, case: Casebook):
        """An order opens the matter again; nobody is chosen anew."""
        case.given(AWAITED, TAKEN, CLOSED)
        case.when(reopen())
        case.then(happened(Ownership.Reopened, owner=HUANG, ground="order"))
        assert case.ownership()["state"] == "owned"
        assert case.owners() == [HUANG]

    def test_reopening_after_a_succession_gives_it_to_the_successor(self, case: Casebook):
        """The owner is whoever owned it last, not the first contact."""
        case.given(AWAITED, TAKEN, happened(Ownership.Succeeded, owner=SHEN), CLOSED)
        case.when(reopen())
        case.then(happened(Ownership.Reopened, owner=SHEN))

    def test_what_is_open_is_not_reopened(self, case: Casebook):
        """There is nothing to open."""
        case.given(AWAITED, TAKEN)
        case.when(reopen())
        case.then_refused(CaseNotClosed)

    def test_what_nobody_owns_is_not_reopened(self, case: Casebook):
        """An untaken petition is open already."""
        case.given(AWAITED)
        case.when(reopen())
        case.then_refused(CaseNotClosed)

    def test_a_reception_after_closure_is_told_the_owner(self, case: Casebook):
        """It opens nothing and moves nothing."""
        case.given(AWAITED, TAKEN, CLOSED)
        case.clock.advance(30 * DAY)
        case.when(receive(SHEN))
        case.then(
            happened(Ownership.ReceptionRecorded, standing="rival", timestamp=NOON + 30 * DAY)
        )
        assert case.answer["owner"] == HUANG
        assert case.ownership()["state"] == "closed"

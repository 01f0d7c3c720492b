"""Clerks link petitions that are one matter, and undo it: what repeats the petition goes along."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.intake.application.linking import Linking, Statement
from services.intake.application.ports import Corrected
from services.intake.domain.petition import Petition
from services.intake.domain.refusals import (
    AlreadyLinked,
    NotLinked,
    OfficeNotAllowed,
    OriginalLater,
    OriginalUnknown,
    PetitionUnknown,
    ProposalUnknown,
    RepeatOfItself,
    Sealed,
    VersionChanged,
)
from services.intake.readmodels.proposals import Proposals
from services.intake.readmodels.register import RegisterTables, Sight
from tests.builders import (
    CLERK,
    COUNTY,
    DAY,
    OTHER_COUNTY,
    SAME_COUNTY,
    Clock,
    actor,
    content,
    intake_command,
    number,
    person,
    raised,
)
from tests.unit.intake.desk import Desk, reader
from tests.unit.responsibility.linked import ContendedIntake, contended_intake
from tests.unit.stores import Stores, tables

LEAK = "小区外墙渗水两年无人修,墙面发霉,老人孩子经常生病,请尽快派人处理"
OTHER_WORDS = "外墙渗水两年了无人修,墙面都发霉了,老人和孩子常常生病,请派人来修,另外楼道灯也坏了"
ELSE = "退休以后养老金少发三个月,社保所说系统升级,至今没有补发"
STATED = Statement("同一事项", "海信并〔2026〕1号")
SECOND = actor("K330424002")
STAFF = (CLERK, "K330424002")
_requests = iter(range(1_000_000))


class Clerk:
    """A clerk at a desk, who links and unlinks."""

    def __init__(self, desk: Desk, who: Any = None, *roles: str) -> None:
        self.desk, self.who = desk, who or actor(CLERK)
        self.roles = roles or ("clerk",)
        self.linking = Linking(desk.application, RegisterTables())

    def _sent(self, request_id: str | None) -> tuple[Any, Any]:
        command = intake_command(request_id or f"link-{next(_requests)}", self.who)
        return reader(self.who, *self.roles), command

    def link(self, repeat: str, of: str, request_id: str | None = None) -> Any:
        return self.linking.link(*self._sent(request_id), repeat, of, STATED)

    def decline(self, repeat: str) -> Any:
        return self.linking.decline(*self._sent(None), repeat, STATED)

    def unlink(self, repeat: str, request_id: str | None = None) -> Any:
        return self.linking.unlink(*self._sent(request_id), repeat, STATED)


@pytest.fixture
def clerk(desk: Desk) -> Clerk:
    return Clerk(desk)


def told(desk: Desk, text: str, who: dict[str, str] | None = None, **changes: Any) -> str:
    """Register a petition that says something; return its number."""
    said = content(who or person(), title=text, body=text)
    return str(desk.registered(raised(content=said, **changes))["number"])


def strangers(desk: Desk, count: int) -> list[str]:
    """Register petitions of different people."""
    return [told(desk, LEAK, person(id_number=f"3304241955031200{n:02}")) for n in range(count)]


def matter_of(desk: Desk, of: str) -> str:
    return str(desk.application.row_of(of)["matter_number"])


def proposals(desk: Desk, office: str = COUNTY, **page: Any) -> Any:
    asked = {"limit": 50, "cursor": "", **page}
    sight = Sight("", CLERK, "", auditing=False)
    return Proposals.listed(desk.application.log_of_events, office, sight, **asked)


def newest(desk: Desk, kind: type) -> Any:
    return [fact for fact in desk.facts() if isinstance(fact, kind)][-1]


class TestWhatThePlatformFinds:
    def test_the_same_told_in_other_words_is_proposed(self, desk: Desk):
        """Likeness alone is not enough; a clerk is asked."""
        first = told(desk, LEAK)
        again = desk.registered(raised(content=content(title=OTHER_WORDS, body=OTHER_WORDS)))
        assert (again["repeat_of"], again["may_repeat"]) == (None, first)
        (item,), _ = proposals(desk)
        assert (item["number"], item["repeat_of"]) == (again["number"], first)

    def test_the_same_with_an_addition_is_linked_with_its_evidence(self, desk: Desk):
        """The score, its parts and the policy stand on record; the person does not."""
        first = told(desk, LEAK)
        again = told(desk, f"再次反映,{LEAK}")
        assert matter_of(desk, again) == first
        fact = newest(desk, Petition.RepeatMatched)
        assert fact.repeats_number == first
        assert fact.likeness["score"] >= 90
        assert (fact.likeness["same_category"], fact.likeness["place"]) == (True, "office")
        assert person()["id_number"] not in str(vars(fact))

    @pytest.mark.parametrize(
        ("before", "then"), [("suggestion", "appeal"), ("appeal", "suggestion")]
    )
    def test_the_same_words_as_another_class_are_proposed(self, desk: Desk, before: str, then: str):
        """An appeal has terms that a suggestion has not: a clerk looks whether it is one matter."""
        said = content(title=LEAK, body=LEAK)
        first = desk.registered(raised(content=said, petition_class=before))["number"]
        again = desk.registered(raised(content=said, petition_class=then))
        assert (again["repeat_of"], again["may_repeat"]) == (None, first)
        third = desk.registered(raised(content=said, petition_class=then))
        assert third["repeat_of"] == again["number"]

    def test_of_the_class_that_it_was_corrected_to(self, desk: Desk):
        said = content(title=LEAK, body=LEAK)
        first = desk.registered(raised(content=said, petition_class="suggestion"))["number"]
        corrected = Corrected({"petition_class": "appeal"}, {}, {}, "登记有误")
        command = intake_command(f"correct-{next(_requests)}")
        desk.application.correct_petition(command, reader(actor(CLERK)), first, corrected)
        assert desk.registered(raised(content=said))["repeat_of"] == first

    def test_the_mark_of_the_person_ties_no_third_petition(self, desk: Desk):
        """Each pair has its own, so that nobody can list what a person has raised."""
        told(desk, LEAK)
        told(desk, f"再次反映,{LEAK}")
        told(desk, f"第三次反映,{LEAK}")
        marks = [
            fact.likeness["person"]
            for fact in desk.facts()
            if isinstance(fact, Petition.RepeatMatched)
        ]
        assert len(set(marks)) == 2

    def test_another_person_is_never_compared(self, desk: Desk):
        """The same matter of his neighbour is another petition."""
        told(desk, LEAK)
        neighbour = person(name="王阿水", id_number="330424196001010028")
        other = desk.registered(raised(content=content(neighbour, title=LEAK, body=LEAK)))
        assert "may_repeat" not in other

    def test_something_else_of_the_same_person_is_nothing(self, desk: Desk):
        """He has two troubles."""
        told(desk, LEAK)
        assert "may_repeat" not in desk.registered(raised(content=content(title=ELSE, body=ELSE)))

    def test_within_one_batch_too(self, desk: Desk):
        """Of two petitions of one matter in one batch the second finds the first."""
        texts = (LEAK, f"再次反映,{LEAK}", OTHER_WORDS)
        first, second, third = desk.register(
            *(raised(content=content(title=text, body=text)) for text in texts)
        )
        assert second["repeat_of"] == first["number"]
        assert third["may_repeat"] == first["number"]

    def test_what_was_erased_is_not_compared(self, desk: Desk):
        """His key was destroyed: nothing of him is known."""
        told(desk, LEAK)
        desk.application.log_of_events.transact(
            lambda transaction: transaction.execute("DELETE FROM petitioner_key")
        )
        again = desk.registered(raised(content=content(title=OTHER_WORDS, body=OTHER_WORDS)))
        assert "may_repeat" not in again

    @pytest.mark.parametrize(
        ("first", "then"), [("appeal", "accusation"), ("accusation", "appeal")]
    )
    def test_never_across_a_seal(self, desk: Desk, first: str, then: str):
        """The number of an accusation must not stand in a matter that is open to many."""
        told(desk, LEAK, petition_class=first)
        said = content(title=OTHER_WORDS, body=OTHER_WORDS)
        assert "may_repeat" not in desk.registered(raised(petition_class=then, content=said))

    def test_an_accusation_only_at_its_own_office(self, desk: Desk):
        """Elsewhere nobody learns that there is one."""
        told(desk, LEAK, petition_class="accusation")
        said = content(title=OTHER_WORDS, body=OTHER_WORDS)
        there = raised(petition_class="accusation", content=said, office=SAME_COUNTY)
        told_there = desk.registered(there)
        assert (told_there["repeat_of"], "may_repeat" in told_there) == (None, False)
        here = raised(petition_class="accusation", content=said)
        assert "may_repeat" in desk.registered(here)

    def test_of_many_the_newest_are_looked_at(self, desk: Desk):
        """An agent who acts for hundreds costs no more than anybody."""
        told(desk, LEAK)
        for serial in range(8):
            # Which of two of one instant is the newer is not known.
            desk.clock.advance(timedelta(seconds=1))
            told(desk, f"第{serial}件:{ELSE}", category=f"类{serial}")
        again = desk.registered(raised(content=content(title=OTHER_WORDS, body=OTHER_WORDS)))
        assert "may_repeat" not in again

    def test_text_of_signs_and_pictures_is_compared_without_harm(self, desk: Desk):
        """😀 and nothing else."""
        told(desk, "😀!!")
        assert told(desk, "😀?", category="其他")


class TestTheClerkDecides:
    def test_to_link_as_proposed(self, desk: Desk, clerk: Clerk):
        """What the proposal rested on stands with the link."""
        first, again = told(desk, LEAK), told(desk, OTHER_WORDS)
        assert clerk.link(again, first)["repeat_of"] == first
        fact = newest(desk, Petition.RepeatLinked)
        assert (fact.ground, fact.likeness["policy"]) == ("proposal", "likeness.v2")
        assert proposals(desk) == ([], "")
        assert desk.application.row_of(again)["matter_number"] == first

    def test_to_link_by_his_own_finding(self, desk: Desk, clerk: Clerk):
        """Husband and wife write about one house."""
        first, second = strangers(desk, 2)
        clerk.link(second, first)
        fact = newest(desk, Petition.RepeatLinked)
        assert (fact.ground, fact.likeness, fact.reason) == ("clerk", None, "同一事项")

    def test_to_decline(self, desk: Desk, clerk: Clerk):
        """It is asked once."""
        told(desk, LEAK)
        again = told(desk, OTHER_WORDS)
        clerk.decline(again)
        assert proposals(desk) == ([], "")
        with pytest.raises(ProposalUnknown):
            clerk.decline(again)

    def test_on_proposals_page_by_page(self, desk: Desk):
        """Oldest first, each once, and none of another office."""
        # The same words in another category are a question each time.
        _, *asked = [told(desk, OTHER_WORDS, category=f"类{n}") for n in range(6)]
        seen, cursor = [], ""
        while True:
            items, cursor = proposals(desk, limit=2, cursor=cursor)
            seen += [item["number"] for item in items]
            if not cursor:
                break
        assert seen == asked
        assert proposals(desk, SAME_COUNTY) == ([], "")

    def test_and_what_he_linked_is_found_without_him(self, desk: Desk, clerk: Clerk):
        """The next petition in those words joins the same matter."""
        first, second = strangers(desk, 2)
        clerk.link(second, first)
        again = told(desk, LEAK, person(id_number="330424195503120001"))
        assert matter_of(desk, again) == first


class TestALinkLeadsToTheFirst:
    def test_whichever_of_the_matter_is_named(self, desk: Desk, clerk: Clerk):
        """There is one matter, and it has one number."""
        first, second, third = strangers(desk, 3)
        clerk.link(second, first)
        assert clerk.link(third, second)["repeat_of"] == first

    def test_and_what_repeats_the_later_one_goes_along(self, desk: Desk, clerk: Clerk):
        """The later of two originals has repeats itself: they all move."""
        first, second, third = strangers(desk, 3)
        clerk.link(third, second)
        assert clerk.link(second, first)["along"] == [third]
        assert {matter_of(desk, each) for each in (second, third)} == {first}

    def test_and_leaves_with_it(self, desk: Desk, clerk: Clerk):
        """It repeats that one, not the matter that it was wrongly linked to."""
        first, second, third, fourth, fifth = strangers(desk, 5)
        clerk.link(third, second)
        clerk.link(second, first)
        clerk.link(fourth, second)
        clerk.link(fifth, first)
        along = [third, fourth]
        assert clerk.unlink(second) == {"number": second, "repeat_of": None, "along": along}
        assert [matter_of(desk, each) for each in along] == [second, second]
        assert matter_of(desk, fifth) == first

    def test_one_of_those_along_may_leave_alone(self, desk: Desk, clerk: Clerk):
        """The others stay."""
        first, second, third = strangers(desk, 3)
        clerk.link(third, second)
        clerk.link(second, first)
        clerk.unlink(third)
        assert [matter_of(desk, each) for each in (second, third)] == [first, third]

    def test_a_mark_leads_to_its_own_petition_after_the_split(self, desk: Desk, clerk: Clerk):
        """Who repeats what was unlinked repeats that."""
        first, second = strangers(desk, 2)
        clerk.link(second, first)
        clerk.unlink(second)
        again = told(desk, LEAK, person(id_number="330424195503120001"))
        assert matter_of(desk, again) == second


class TestRefused:
    def test_a_petition_linked_to_itself(self, desk: Desk, clerk: Clerk):
        (first,) = strangers(desk, 1)
        with pytest.raises(RepeatOfItself):
            clerk.link(first, first)

    def test_an_earlier_one_linked_to_a_later_one(self, desk: Desk, clerk: Clerk):
        """So two clerks who link in both directions make no circle."""
        first, second = strangers(desk, 2)
        with pytest.raises(OriginalLater):
            clerk.link(first, second)

    def test_the_first_of_a_matter_linked_to_its_own_repeat(self, desk: Desk, clerk: Clerk):
        first, second = strangers(desk, 2)
        clerk.link(second, first)
        with pytest.raises(AlreadyLinked):
            clerk.link(first, second)

    def test_one_that_is_linked(self, desk: Desk, clerk: Clerk):
        """First it is unlinked, with a reason."""
        first, second, third = strangers(desk, 3)
        clerk.link(third, first)
        with pytest.raises(AlreadyLinked):
            clerk.link(third, second)

    def test_unlinking_the_first_of_a_matter(self, desk: Desk, clerk: Clerk):
        (first,) = strangers(desk, 1)
        with pytest.raises(NotLinked):
            clerk.unlink(first)

    def test_a_number_that_nobody_has(self, desk: Desk, clerk: Clerk):
        (first,) = strangers(desk, 1)
        with pytest.raises(PetitionUnknown):
            clerk.link(number(9), first)
        with pytest.raises(OriginalUnknown):
            clerk.link(first, number(9))

    def test_a_clerk_of_another_office(self, desk: Desk):
        """Who registered it, or an office above, decides."""
        first, second = strangers(desk, 2)
        other = Clerk(desk, actor("K330726001", OTHER_COUNTY))
        with pytest.raises(OfficeNotAllowed):
            other.link(second, first)

    def test_across_a_seal(self, desk: Desk, clerk: Clerk):
        """One of the two numbers would stand where it must not."""
        first = told(desk, LEAK)
        sealed = told(desk, ELSE, person(name="王阿水"), petition_class="accusation")
        with pytest.raises(Sealed):
            clerk.link(sealed, first)

    def test_an_accusation_to_whoever_is_not_named_for_it(self, desk: Desk):
        """A colleague of the same office knows that it is there, and no more."""
        first = told(desk, LEAK, petition_class="accusation")
        other = told(desk, ELSE, person(id_number="", phone=""), petition_class="accusation")
        with pytest.raises(Sealed):
            Clerk(desk, SECOND).link(other, first)
        assert Clerk(desk, actor(CLERK)).link(other, first)["repeat_of"] == first


class TestAskedTwice:
    def test_has_one_answer_and_one_link(self, desk: Desk, clerk: Clerk):
        """His first answer was lost on the way."""
        first, second = strangers(desk, 2)
        answers = [clerk.link(second, first, "request-twice") for _ in range(2)]
        assert answers[0] == answers[1]
        undone = [clerk.unlink(second, "request-undone") for _ in range(2)]
        assert undone[0] == undone[1]
        assert clerk.link(second, first, "request-twice") == answers[0]
        assert matter_of(desk, second) == second


class TestTwoClerksAtOnce:
    """One decides, another is on record before him: he decides again on what is there now."""

    @pytest.fixture
    def contended(self, stores: Stores, clock: Clock) -> Iterator[Desk]:
        def build(environment: dict[str, str]) -> ContendedIntake:
            return contended_intake(environment, clock)

        with stores.opened("intake", build) as made:
            yield Desk(made, clock)

    def test_the_original_has_become_a_repeat(self, contended: Desk):
        """The link is to the first of the matter all the same."""
        first, second, third = strangers(contended, 3)
        ours, theirs = Clerk(contended), Clerk(contended, SECOND)
        contended.application.meanwhile = lambda: theirs.link(second, first)
        assert ours.link(third, second)["repeat_of"] == first
        assert matter_of(contended, third) == first

    def test_something_repeats_the_later_one_by_now(self, contended: Desk):
        """It goes along."""
        first, second, third = strangers(contended, 3)
        ours, theirs = Clerk(contended), Clerk(contended, SECOND)
        contended.application.meanwhile = lambda: theirs.link(third, second)
        assert ours.link(second, first)["along"] == [third]
        assert matter_of(contended, third) == first

    def test_what_would_have_gone_along_has_left(self, contended: Desk):
        """It stays a matter of its own."""
        first, second, third = strangers(contended, 3)
        ours, theirs = Clerk(contended), Clerk(contended, SECOND)
        ours.link(third, second)
        ours.link(second, first)
        contended.application.meanwhile = lambda: theirs.unlink(third)
        assert ours.unlink(second)["along"] == []
        assert matter_of(contended, third) == third

    def test_both_link_the_same_petition_and_one_is_told(self, contended: Desk):
        """The database keeps one of them."""
        first, second, third = strangers(contended, 3)
        ours, theirs = Clerk(contended), Clerk(contended, SECOND)
        contended.application.meanwhile = lambda: theirs.link(third, first)
        with pytest.raises(AlreadyLinked):
            ours.link(third, second)
        assert matter_of(contended, third) == first

    def test_one_registers_while_the_other_links(self, contended: Desk):
        """The new petition joins whatever matter the words lead to by then."""
        first, second = strangers(contended, 2)
        again = person(id_number="330424195503120001")
        joined: list[str] = []
        contended.application.meanwhile = lambda: joined.append(told(contended, LEAK, again))
        Clerk(contended).link(second, first)
        assert matter_of(contended, joined[0]) == first


def test_the_tables_are_what_the_log_adds_up_to(desk: Desk, clerk: Clerk):
    """Links, proposals, and what went along."""
    first, second, third, fourth = strangers(desk, 4)
    told(desk, OTHER_WORDS, person(id_number="330424195503120003"))
    clerk.link(third, second)
    clerk.link(second, first)
    clerk.link(fourth, third)
    clerk.unlink(second)
    before = tables(desk.application)
    desk.application.rebuild()
    assert tables(desk.application) == before


class TestAMatterOfElsewhere:
    """What is linked to it may change whose it is."""

    def test_is_not_linked_to_by_a_clerk_on_his_own(self, desk: Desk):
        """He has no say there."""
        first = told(desk, LEAK)
        mine = told(desk, ELSE, person(id_number="330726198001010011"), office=OTHER_COUNTY)
        far = Clerk(desk, actor("K330726001", OTHER_COUNTY))
        with pytest.raises(OfficeNotAllowed) as refused:
            far.link(mine, first)
        assert refused.value.fields == {"repeat_of": COUNTY}

    def test_is_linked_to_where_that_was_proposed(self, desk: Desk):
        """The person is the same, and so is what he says."""
        first = told(desk, LEAK)
        mine = told(desk, LEAK, office=OTHER_COUNTY, category="劳动社保/养老保险")
        far = Clerk(desk, actor("K330726001", OTHER_COUNTY))
        assert far.link(mine, first)["repeat_of"] == first

    def test_is_freed_of_a_repeat_by_its_own_office(self, desk: Desk, clerk: Clerk):
        """Which is not the one that registered the repeat."""
        first = told(desk, LEAK)
        repeat = told(desk, LEAK, office=OTHER_COUNTY)
        assert clerk.unlink(repeat) == {"number": repeat, "repeat_of": None, "along": []}
        assert first != repeat


class TestManyOfOnePerson:
    def test_the_newest_are_compared_also_beside_those_of_the_batch(self, desk: Desk):
        """Of more than are looked at, the oldest are left out."""
        for serial in range(7):
            told(desk, chr(0x4E00 + 50 * serial) * 40)
            desk.clock.advance(DAY)
        newest = told(desk, LEAK)
        desk.clock.advance(DAY)
        texts = ("末班公交取消" * 5, OTHER_WORDS)
        petitions = [raised(content=content(person(), title=text, body=text)) for text in texts]
        _, second = desk.register(*petitions)
        assert second["may_repeat"] == newest


class TestASealedMatterOfAnotherOffice:
    def test_is_not_found_through_its_repeat_here(self, desk: Desk):
        """The clerk of both offices registered a repeat for this one; its number stays there."""
        hidden = told(desk, LEAK, petition_class="accusation")
        said = content(person(), title="再次举报", body=ELSE)
        beside = raised(
            content=said, petition_class="accusation", office=SAME_COUNTY, repeat_of=hidden
        )
        desk.registered(beside)
        again = raised(content=said, petition_class="accusation", office=SAME_COUNTY)
        outcome = desk.registered(again, by=actor("K330424009", SAME_COUNTY))
        assert hidden not in {outcome["repeat_of"], outcome.get("may_repeat")}


class TestAVersionThatWasSeen:
    def test_is_the_one_that_is_decided_on(self, desk: Desk, clerk: Clerk):
        """Of two clerks the second is told that the petition is not as he saw it."""
        first = told(desk, LEAK)
        second = told(desk, ELSE, person(id_number="330424198001010011"))
        seen = desk.application.petition(reader(actor(CLERK)), second)["revision"]
        clerk.link(second, first)
        sent = replace(intake_command("unlink-as-seen"), expected_version=seen)
        with pytest.raises(VersionChanged):
            clerk.linking.unlink(reader(actor(CLERK)), sent, second, STATED)
        now = replace(intake_command("unlink-as-it-is"), expected_version=seen + 1)
        assert clerk.linking.unlink(reader(actor(CLERK)), now, second, STATED)["repeat_of"] is None


class TestAProposalOfWhatIsSealed:
    @pytest.mark.parametrize("names", ["first", "second"])
    def test_is_shown_to_no_party_of_either(self, desk: Desk, names: str):
        """He has registered the one that is asked about, and heads the office."""
        accused = {names: {"accused_staff": [CLERK]}}
        for which, text in (("first", LEAK), ("second", OTHER_WORDS)):
            told(desk, text, petition_class="accusation", **accused.get(which, {}))
        sights = [Sight("330424", who, COUNTY, auditing=False, office=COUNTY) for who in STAFF]
        questions = desk.application.log_of_events
        shown = [Proposals.listed(questions, COUNTY, sight, 50, "") for sight in sights]
        assert [len(items) for items, _ in shown] == [0, 1]
        assert shown[0] == ([], "")


class TestWhatWasUndone:
    """A clerk has parted two matters of one person; the platform does not bring them together."""

    @pytest.fixture
    def parted(self, desk: Desk, clerk: Clerk) -> tuple[str, str]:
        first, second = told(desk, LEAK), told(desk, f"再次反映,{LEAK}")
        clerk.unlink(second)
        return first, second

    def test_the_next_is_proposed_where_it_is_as_like_both(
        self, desk: Desk, parted: tuple[str, str]
    ):
        """He decides again; before, his mark led it to the first once more."""
        again = desk.registered(raised(content=content(title=LEAK, body=LEAK)))
        assert again["repeat_of"] is None
        assert again["may_repeat"] in parted

    def test_under_another_title_too(self, desk: Desk, parted: tuple[str, str]):
        again = desk.registered(raised(content=content(title=f"请处理:{LEAK}", body=LEAK)))
        assert again["repeat_of"] is None
        assert again["may_repeat"] in parted

    def test_in_one_batch_too(self, desk: Desk, parted: tuple[str, str]):
        petitions = [raised(content=content(title=LEAK, body=LEAK)) for _ in range(2)]
        one, other = desk.register(*petitions)
        assert one["repeat_of"] is None
        assert other["repeat_of"] is None or other["repeat_of"] == one["number"]

    def test_the_next_joins_the_one_that_it_is_like(self, desk: Desk, clerk: Clerk):
        """They had one title and nothing else in common: each has its own repeats."""
        houses = [f"{where}的房屋渗水,{text}" for where, text in (("东村", LEAK), ("西村", ELSE))]
        first, second = [
            desk.registered(raised(content=content(title="投诉", body=text)))["number"]
            for text in houses
        ]
        clerk.link(second, first)
        clerk.unlink(second)
        again = [
            desk.registered(raised(content=content(title="投诉", body=f"再次反映,{text}")))
            for text in houses
        ]
        assert [each["repeat_of"] for each in again] == [first, second]

    def test_another_person_is_not_concerned(self, desk: Desk, clerk: Clerk):
        """His neighbour's petition was linked by mistake and undone: his own repeats find it."""
        first, second = strangers(desk, 2)
        clerk.link(second, first)
        clerk.unlink(second)
        again = told(desk, f"再次反映,{LEAK}", person(id_number="330424195503120000"))
        assert matter_of(desk, again) == first

    def test_linked_again_by_a_clerk_they_are_one(
        self, desk: Desk, clerk: Clerk, parted: tuple[str, str]
    ):
        first, second = parted
        clerk.link(second, first)
        again = told(desk, LEAK)
        assert matter_of(desk, again) == first

    def test_is_known_after_a_rebuild(self, desk: Desk, parted: tuple[str, str]):
        desk.application.rebuild()
        assert desk.registered(raised(content=content(title=LEAK, body=LEAK)))["repeat_of"] is None
        assert parted


class TestAConfirmedProposal:
    def proposed(self, desk: Desk) -> tuple[str, str]:
        first = told(desk, LEAK)
        asked = desk.registered(raised(content=content(title=OTHER_WORDS, body=OTHER_WORDS)))
        assert asked["may_repeat"] == first
        return first, asked["number"]

    @pytest.mark.parametrize("names", ["the one proposed", "the first of its matter"])
    def test_keeps_its_evidence_though_the_matter_moved(self, desk: Desk, clerk: Clerk, names: str):
        """What was proposed has become part of another matter; it is confirmed all the same."""
        other = told(desk, ELSE, person(id_number="330424195503120099"))
        first, asked = self.proposed(desk)
        clerk.link(first, other)
        assert clerk.link(asked, first if names == "the one proposed" else other)
        fact = newest(desk, Petition.RepeatLinked)
        assert (fact.ground, fact.repeats_number) == ("proposal", other)
        assert fact.likeness is not None
        assert fact.named_number == first
        assert clerk.unlink(first)["along"] == [asked]

    def test_of_what_has_left_again_is_the_clerks_own_finding(self, desk: Desk, clerk: Clerk):
        """He links it to the matter that the one proposed is of no longer."""
        other = told(desk, ELSE, person(id_number="330424195503120099"))
        first, asked = self.proposed(desk)
        clerk.link(first, other)
        clerk.unlink(first)
        clerk.link(asked, other)
        fact = newest(desk, Petition.RepeatLinked)
        assert (fact.ground, fact.likeness) == ("clerk", None)


class TestANamedPetition:
    def test_that_leaves_at_the_same_time_takes_nothing_that_is_not_there(
        self, stores: Stores, clock: Clock
    ):
        """A clerk links to it while another undoes its link: the first decides again."""

        def build(environment: dict[str, str]) -> ContendedIntake:
            return contended_intake(environment, clock)

        with stores.opened("intake", build) as application:
            desk = Desk(application, clock)
            first, second, third = strangers(desk, 3)
            ours, theirs = Clerk(desk), Clerk(desk, SECOND)
            theirs.link(second, first)
            application.meanwhile = lambda: theirs.unlink(second)
            assert ours.link(third, second)["repeat_of"] == second
            assert matter_of(desk, third) == second

"""The order of facts from several logs: each log in its own order, causes before effects."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.timeline import Fact, in_order
from tests.builders import NOON, fact

SOURCES = ("intake", "responsibility", "notify")


def ids(facts: list[Fact]) -> list[str]:
    return [each.event_id for each in facts]


def seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


class TestOrder:
    def test_facts_stand_as_they_were_recorded(self):
        """Whatever order they arrive in."""
        early, late = fact("a"), fact("b", source="notify", recorded_at=NOON + seconds(1))
        assert ids(in_order([late, early])) == ["a", "b"]

    def test_a_cause_stands_before_its_effect_whatever_the_clocks(self):
        """The clock of the second service is ten seconds slow."""
        cause = fact("cause", recorded_at=NOON)
        effect = fact(
            "effect", source="responsibility", cause="cause", recorded_at=NOON - seconds(10)
        )
        assert ids(in_order([effect, cause])) == ["cause", "effect"]

    def test_what_followed_in_the_slow_log_stands_behind_it_too(self):
        """A later fact of the same log has another cause, and the same slow clock."""
        registered = fact("registered", recorded_at=NOON)
        awaited = fact(
            "awaited", source="responsibility", cause="registered", recorded_at=NOON - seconds(10)
        )
        taken = fact(
            "taken",
            source="responsibility",
            position=2,
            cause="request-2",
            recorded_at=NOON - seconds(8),
        )
        assert ids(in_order([taken, awaited, registered])) == ["registered", "awaited", "taken"]

    def test_a_cause_that_is_not_there_delays_nothing(self):
        """A request, or a fact that the auditor left out."""
        assert ids(in_order([fact("a", cause="gone")])) == ["a"]

    def test_causes_that_run_in_a_circle_end_all_the_same(self):
        """Impossible, unless somebody forged a log: nothing is lost and nothing hangs."""
        forged = [fact("a", cause="b"), fact("b", source="notify", cause="a")]
        assert sorted(ids(in_order(forged))) == ["a", "b"]


@st.composite
def histories(draw: st.DrawFn) -> list[Fact]:
    """Facts as they happened, oldest first, recorded with clocks that are wrong by an hour."""
    clocks = {source: draw(st.integers(-3600, 3600)) for source in SOURCES}
    positions = dict.fromkeys(SOURCES, 0)
    happened: list[Fact] = []
    for index in range(draw(st.integers(1, 15))):
        source = draw(st.sampled_from(SOURCES))
        positions[source] += 1
        cause = draw(st.sampled_from(["request", *ids(happened)]))
        recorded_at = NOON + seconds(index + clocks[source])
        happened.append(
            fact(
                f"fact-{index}",
                source=source,
                position=positions[source],
                cause=cause,
                recorded_at=recorded_at,
            )
        )
    return happened


class TestOrderOfAnyHistory:
    @given(happened=histories(), chance=st.randoms(use_true_random=False))
    def test_no_fact_stands_before_its_cause_or_before_its_own_log(self, happened, chance):
        """For every history, every error of the clocks and every order of arrival."""
        arrived = list(happened)
        chance.shuffle(arrived)
        ordered = in_order(arrived)
        place = {each.event_id: index for index, each in enumerate(ordered)}
        assert sorted(place) == sorted(ids(happened))
        for each in happened:
            assert place.get(each.cause, -1) < place[each.event_id]
        for source in SOURCES:
            positions = [each.position for each in ordered if each.source == source]
            assert positions == sorted(positions)

    @given(happened=histories(), chance=st.randoms(use_true_random=False))
    def test_the_order_does_not_depend_on_the_order_of_arrival(self, happened, chance):
        """Two auditors see the same history."""
        arrived = list(happened)
        chance.shuffle(arrived)
        assert in_order(arrived) == in_order(happened)

"""What was withdrawn while it was part of another ends when it is a matter of its own again."""

from datetime import timedelta
from typing import Any

from services.responsibility.application import Viewer
from services.responsibility.application.courses import Courses
from tests.builders import HEAD, HUANG, actor, intake_command, statement
from tests.unit.responsibility.casebook import close, receive, reopen, take
from tests.unit.responsibility.town import Town, does, named, terms_of
from tests.unit.stores import delete_rows, tables

HOUR = timedelta(hours=1)


def withdraw(town: Town, number: str, ground: str = "settled") -> None:
    intake = town.counter.intake
    command = intake_command(f"withdraw-{number}")
    intake.withdraw_petition(command, number, intake._vault.query_code(number), ground)
    town.arrive()
    town.case.clock.advance(HOUR)


def course(town: Town, number: str) -> dict[str, Any]:
    return Courses(town.case.application).course_of(number, None, Viewer(actor(HEAD)))


def last_step(town: Town, number: str) -> tuple[str, str, str]:
    step = course(town, number)["steps"][-1]
    return step["step"], step["by"], step["given"]["reason"]


ENDED = ("withdraw", "petitioner", "not_pursued")


def test_what_leaves_ends_by_itself(town: Town):
    """By the petitioner, on the ground that he gave; nothing of it is owed any more."""
    (first,) = town.register()
    second = named(town, 6, of=first)
    withdraw(town, second, "not_pursued")
    assert course(town, first)["state"] == "registered"
    town.unlink(second)
    assert (course(town, second)["state"], last_step(town, second)) == ("withdrawn", ENDED)
    assert course(town, second)["steps"][-1]["given"]["document"] == second
    assert "" not in terms_of(town, second).values()
    assert course(town, first)["state"] == "registered"


def test_so_does_what_was_a_matter_before(town: Town):
    first, second, third = town.register(3)
    town.link(third, second)
    does(town, take("transfer", of=second))
    town.link(second, first)
    withdraw(town, second)
    withdraw(town, third, "not_pursued")
    town.unlink(second)
    assert (course(town, second)["state"], last_step(town, second)) == ("withdrawn", ENDED)


def test_so_does_what_stays(town: Town):
    """The petition that was not withdrawn never was of it."""
    (first,) = town.register()
    second = named(town, 6, of=first)
    withdraw(town, first, "not_pursued")
    town.unlink(second)
    assert (course(town, first)["state"], last_step(town, first)) == ("withdrawn", ENDED)
    assert course(town, second)["state"] == "registered"


def test_the_ground_is_found_where_it_was_told(town: Town):
    """Withdrawn in a matter that it left as part of another."""
    zeroth, first = town.register(2)
    second = named(town, 6, of=first)
    town.link(first, zeroth)
    withdraw(town, second, "not_pursued")
    town.unlink(first)
    assert course(town, first)["state"] == "registered"
    town.unlink(second)
    assert last_step(town, second) == ENDED


def test_one_of_two_is_not_enough(town: Town):
    (first,) = town.register()
    second = named(town, 6, of=first)
    third = named(town, 7, of=second)
    withdraw(town, second)
    town.unlink(second)
    assert course(town, second)["state"] == "registered"
    town.unlink(third)
    assert course(town, second)["state"] == "withdrawn"


def test_what_is_closed_stays_so(town: Town):
    first, second = town.register(2)
    does(town, receive(HUANG, of=second), close(of=second))
    town.link(second, first)
    withdraw(town, second)
    town.unlink(second)
    assert (town.of(second)["state"], course(town, second)["steps"]) == ("closed", [])


def test_what_was_opened_again_since_stays_open(town: Town):
    """By order; that a repeat comes and leaves does not end it."""
    (first,) = town.register()
    does(town, receive(HUANG, of=first), close(of=first))
    town.case.clock.advance(HOUR)
    withdraw(town, first)
    does(town, reopen(of=first))
    town.case.clock.advance(HOUR)
    second = named(town, 6, of=first)
    town.unlink(second)
    assert course(town, first)["state"] == "registered"


def test_what_had_ended_so_before_does_not_end_again(town: Town):
    """It was opened by order, and closed by nobody."""
    (first,) = town.register()
    does(town, receive(HUANG, of=first))
    withdraw(town, first)
    does(town, close(statement(outcome="withdrawn"), of=first), take("reopen", of=first))
    town.case.clock.advance(HOUR)
    second = named(town, 6, of=first)
    town.unlink(second)
    assert course(town, first)["state"] == "handling"


def test_told_twice_it_ends_once(town: Town):
    (first,) = town.register()
    second = named(town, 6, of=first)
    withdraw(town, second)
    town.unlink(second)
    before = tables(town.case.application)
    delete_rows(town.case.application, "applied_position")
    town.arrive()
    assert (town.facts(), tables(town.case.application)) == ([], before)


def test_what_a_repeat_opened_ends_again(town: Town):
    """It had ended as withdrawn before, was closed, and opened for a petition withdrawn since."""
    (first,) = town.register()
    does(town, receive(HUANG, of=first))
    withdraw(town, first)
    does(town, close(statement(outcome="withdrawn"), of=first))
    town.case.clock.advance(HOUR)
    second, third = (named(town, who, of=first) for who in (6, 7))
    withdraw(town, second, "not_pursued")
    assert town.of(first)["state"] == "owned"
    town.unlink(third)
    assert (course(town, first)["state"], last_step(town, first)) == ("withdrawn", ENDED)

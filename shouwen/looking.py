"""What an auditor asks about many cases: who did what, who saw what, how a county stood."""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from contracts.failures import Failure
from contracts.fields import PAGE_MAX
from shouwen.calling import Call, connected

Since = Annotated[
    str, typer.Option(help="Only what was recorded after that: ISO 8601 with offset.")
]
OccurredSince = Annotated[
    str, typer.Option(help="Only what is stated to have happened after that: the same form.")
]
OccurredUntil = Annotated[
    str, typer.Option(help="Only what is stated to have happened up to then: the same form.")
]
Until = Annotated[str, typer.Option(help="Only what was recorded up to then: the same form.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, also on a terminal.")]
Item = Mapping[str, Any]


def deeds(  # noqa: PLR0913, PLR0917 - each is an option
    person: Annotated[str, typer.Argument(help="Staff number, or service:NAME.")],
    since: Since = "",
    until: Until = "",
    occurred_since: OccurredSince = "",
    occurred_until: OccurredUntil = "",
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="Only events of this type; more than once.")
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - how typer declares a switch
) -> None:
    """Print what a person did, in all cases: a table on a terminal, else JSON."""
    given = {
        "actor": person,
        "since": since,
        "until": until,
        "occurred_since": occurred_since,
        "occurred_until": occurred_until,
        "types": type_ or [],
    }
    _print_facts(_all_of("deeds", given), as_json=as_json)


def looks(
    number: Annotated[str, typer.Argument(help="Number of a petition; or --by.")] = "",
    by: Annotated[str, typer.Option(help="Staff number: what this person saw.")] = "",
    since: Since = "",
    until: Until = "",
    as_json: AsJson = False,  # noqa: FBT002 - how typer declares a switch
) -> None:
    """Print who saw a case, or what a person saw.

    Content read, history replayed, case exported; sealed cases shown among others.
    """
    if not (number or by):
        raise typer.BadParameter("name a petition, or a person with --by", param_hint="NUMBER")
    given = {"number": number, "actor": by, "since": since, "until": until}
    _print_facts(_all_of("looks", given), as_json=as_json)


def standings(
    region: Annotated[
        str, typer.Option(help="Leading digits: 33 a province, 3304 a city, 330424 a county.")
    ] = "",
    office: Annotated[str, typer.Option(help="Only what this office put on record.")] = "",
    as_of: Annotated[
        str, typer.Option(help="What was on record then: ISO 8601 with offset; now unless given.")
    ] = "",
    occurred_until: OccurredUntil = "",
    as_json: AsJson = False,  # noqa: FBT002 - how typer declares a switch
) -> None:
    """Print how the cases of a county stood at any instant: a table on a terminal, else JSON."""
    from shouwen.tallies import standing_tables  # loads what draws tables

    given = {"region": region, "office": office, "as_of": as_of, "occurred_until": occurred_until}
    _print(_all_of("standings", given), standing_tables, as_json=as_json)


def _print_facts(items: Sequence[Item], *, as_json: bool) -> None:
    from shouwen.histories import history_table  # loads what draws tables

    _print(items, lambda found: [history_table(found)], as_json=as_json)


def _print(
    items: Sequence[Item], tables: Callable[[Sequence[Item]], Sequence[Any]], *, as_json: bool
) -> None:
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(items, ensure_ascii=False, indent=2))
        return
    from rich.console import Console  # only where something is drawn

    for table in tables(items):
        Console().print(table)


def _all_of(method: str, given: Item) -> list[Item]:
    """Return all pages of a list, as an auditor; end with status 1 where it is refused."""
    configure_logging("WARNING")
    asked = {name: value for name, value in given.items() if value}
    try:
        return list(all_pages(connected(Variables(), "auditor", ["auditor"], ""), method, asked))
    except Failure as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from failure


def all_pages(ask: Call, method: str, given: Item) -> Iterator[Item]:
    """Yield the items of all pages of a list."""
    cursor = ""
    while True:
        page = ask("audit", method, {**given, "cursor": cursor, "limit": PAGE_MAX})
        yield from page["items"]
        if not (cursor := page["next_cursor"]):
            return
        # How many stood at an instant is of one instant, on whichever page they are.
        if "as_of" in page:
            given = {**given, "as_of": page["as_of"]}

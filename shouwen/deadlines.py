"""The command that says when a statutory term ends."""

from datetime import date
from typing import Annotated

import typer

from statute.counting import Term, TermRefusal
from statute.terms import TERMS
from statute.workdays import newest_calendar


def deadline(
    term: Annotated[str, typer.Argument(help="Code of a term; without it, all are listed.")] = "",
    runs_from: Annotated[
        str, typer.Option("--from", help="Day in Shanghai that it is counted from, YYYY-MM-DD.")
    ] = "",
    extended: Annotated[int, typer.Option(help="Days by which it was extended.")] = 0,
    hearing: Annotated[
        str, typer.Option(help="Days that do not count: FIRST/LAST, both included.")
    ] = "",
) -> None:
    """Say when a statutory term ends, and why, day by day.

    Days are counted as the Regulation says, and by this project's default where it is silent.
    """
    from rich.console import Console  # only where something is drawn

    from shouwen.deadline_tables import explain, terms_table

    if not term:
        Console().print(terms_table())
        return
    if term not in TERMS:
        raise typer.BadParameter(f"there are {', '.join(TERMS)}", param_hint="TERM")
    explain(_term(term, runs_from, extended, hearing), newest_calendar(), Console())


def _term(code: str, runs_from: str, extended: int, hearing: str) -> Term:
    rule = TERMS[code]
    if rule.stated:
        raise typer.BadParameter(
            f"{code} has no length: its last day is stated with the step, as {rule.stated_as};"
            " of a petition, responsibility.explain says it",
            param_hint="TERM",
        )
    term = Term.begin(code, _day(runs_from, "--from"))
    try:
        if hearing:
            first, _, last = hearing.partition("/")
            term = term.pause(_day(first, "--hearing"), _day(last, "--hearing"))
        # It was granted in time, or it would not be on record.
        return term.extend(extended, term.runs_from, newest_calendar()) if extended else term
    except TermRefusal as refusal:
        raise typer.BadParameter(str(refusal)) from refusal


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("takes a day as YYYY-MM-DD", param_hint=option) from error

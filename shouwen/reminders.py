"""The commands about reminders: what is planned, what became of one, taking note, putting off."""

import uuid
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, get_args

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from contracts.failures import Failure
from contracts.rpc.notify import ReminderState
from shouwen.calling import connected
from statute.terms import REMINDED_TERMS

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Reminders 提醒: planned, delivered, acknowledged.",
    epilog="""[bold]Examples[/]

shouwen reminders plan handling --from 2026-11-24

shouwen reminders list --recipient L330424001

shouwen reminders list --state given_up

shouwen reminders redrive --all

shouwen reminders history REMINDER

shouwen reminders acknowledge REMINDER --as L330424001""",
)

# Field to what may stand there, for who typed something else.
TAKES: Final[Mapping[str, str]] = {
    "recipient": "give a staff number, such as L330424001, or office_head:330424-01;"
    " `shouwen reminders list` shows who is told",
    "number": "give the whole number, such as XF-330424-20261124-000001-K",
    "state": f"give one of {', '.join(get_args(ReminderState))}",
    "reminder_id": "`shouwen reminders list` shows the ids in its last column",
    "office": "give an office code, such as 330424-01",
    "runs_from": "give a day, such as 2026-11-24",
    "as_of": "give an instant with its offset, such as 2026-12-20T09:00:00+08:00",
    "until": "give an instant with its offset, such as 2026-12-20T09:00:00+08:00",
}
OPERATOR: Final = "operator"
# What somebody else did about a reminder meanwhile does not keep the others back.
SEEN_TO: Final = frozenset({"not_given_up", "reminder_unknown"})
# Terms whose last day is stated have no plan to look at ahead.
COUNTED = [code for code, rule in REMINDED_TERMS.items() if not rule.stated]
ReminderId = Annotated[str, typer.Argument(help="Id of the reminder; `list` shows it.")]
As = Annotated[str, typer.Option("--as", help="Staff number to act as, embedded only.")]
Office = Annotated[str, typer.Option(help="Office to act for, embedded only.")]


@app.command()
def plan(
    term: Annotated[str, typer.Argument(help=f"One of {', '.join(COUNTED)}.")],
    runs_from: Annotated[
        str, typer.Option("--from", help="Day in Shanghai that it is counted from, YYYY-MM-DD.")
    ],
    office: Annotated[str, typer.Option(help="Office of the matter.")] = "330424-01",
    as_of: Annotated[
        str, typer.Option(help="Show what is ahead of this instant: ISO 8601 with offset.")
    ] = "",
) -> None:
    """Say when whom the policy would remind of a term, and remind nobody."""
    from rich.console import Console  # only where something is drawn

    from shouwen.reminder_tables import plan_table

    asked = {"term": term, "runs_from": runs_from, "office": office}
    given = {**asked, "as_of": as_of} if as_of else asked
    Console().print(plan_table(_answer("plan", given, OPERATOR, [OPERATOR])))


@app.command(name="list")
def list_reminders(
    number: Annotated[str, typer.Option(help="Of this petition only.")] = "",
    recipient: Annotated[
        str, typer.Option(help="Of this staff number, or office_head:<office>, only.")
    ] = "",
    state: Annotated[str, typer.Option(help="In this state only, such as given_up.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    cursor: Annotated[str, typer.Option(help="Where the page before ended; it says so.")] = "",
) -> None:
    """List reminders, the newest first."""
    from rich.console import Console  # only where something is drawn

    from shouwen.reminder_tables import reminders_table

    asked = {"number": number, "recipient": recipient, "state": state}
    stated = {name: value for name, value in asked.items() if value}
    given = {**stated, "limit": limit, "cursor": cursor}
    page = _answer("reminders", given, OPERATOR, [OPERATOR])
    if not page["items"]:
        typer.echo(f"There is {'no further' if cursor else 'no'} reminder{_which(stated)}.")
        return
    Console().print(reminders_table(page["items"]))
    if page["next_cursor"]:
        again = " ".join(f"--{name} {value}" for name, value in stated.items())
        more = f"shouwen reminders list {again} --limit {limit} --cursor {page['next_cursor']}"
        typer.echo(f"Next page: {' '.join(more.split())}")


def _which(stated: Mapping[str, str]) -> str:
    """Say of which reminders, where not all were asked for."""
    said = ", ".join(f"{name} {value}" for name, value in stated.items())
    return f" of {said}" if said else ""


@app.command()
def history(reminder_id: ReminderId) -> None:
    """Print what happened to one reminder: planned, attempted, delivered, acknowledged."""
    from rich.console import Console  # only where something is drawn

    from shouwen.reminder_tables import reminder_history

    told = _answer("history", {"reminder_id": reminder_id}, OPERATOR, [OPERATOR])
    Console().print(reminder_history(told))


@app.command()
def acknowledge(reminder_id: ReminderId, subject: As, office: Office = "") -> None:
    """Take note of a reminder of one's own 已阅."""
    _change("acknowledge", {"reminder_id": reminder_id}, subject, office)


@app.command()
def snooze(
    reminder_id: ReminderId,
    until: Annotated[str, typer.Option(help="ISO 8601 with offset, within the term.")],
    reason: Annotated[str, typer.Option(help="Why; it is published: no personal data.")],
    subject: As,
    office: Office = "",
) -> None:
    """Put a reminder of one's own off, within its term, with a reason 暂缓."""
    given = {"reminder_id": reminder_id, "until": until, "reason": reason}
    _change("snooze", given, subject, office)


@app.command()
def redrive(
    reminder_id: Annotated[str, typer.Argument(help="Id of the reminder.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,  # noqa: FBT002 - how typer declares a switch
) -> None:
    """Deliver a reminder again that was given up, or all of them."""
    if bool(reminder_id) == every:
        raise typer.BadParameter("takes one of the two", param_hint="REMINDER_ID or --all")
    if every:
        _redrive_all()
    else:
        typer.echo(_again(_answer("deliver_again", _command(reminder_id), OPERATOR, [OPERATOR])))


def _redrive_all() -> None:
    """Deliver again what was given up; who saw to one meanwhile keeps no other back."""
    count = 0
    for reminder_id in _given_up():
        try:
            typer.echo(_again(_asked("deliver_again", _command(reminder_id), OPERATOR, [OPERATOR])))
            count += 1
        except Failure as failure:
            if failure.code not in SEEN_TO:
                raise _refused(failure) from failure
            typer.echo(f"{reminder_id}: left as it is; {_why(failure)}", err=True)
    typer.echo(f"{count} are delivered again." if count else "There is none that was given up.")


def _command(reminder_id: str) -> Mapping[str, str]:
    return {"request_id": str(uuid.uuid4()), "reminder_id": reminder_id}


def _again(changed: Mapping[str, Any]) -> str:
    return f"{changed['number']}: {changed['state']}, is delivered again"


def _given_up() -> Iterator[str]:
    """Yield the ids of all reminders that were given up; a page is read before it changes."""
    cursor = ""
    while True:
        asked = {"state": "given_up", "limit": 200, "cursor": cursor}
        page = _answer("reminders", asked, OPERATOR, [OPERATOR])
        yield from [each["reminder_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            return


@app.command()
def digest(
    recipient: Annotated[str, typer.Option(help="Of this leader, of the day.")] = "",
    office: Annotated[str, typer.Option(help="Of this office, of the week.")] = "",
    markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown.")] = False,  # noqa: FBT002 - how typer declares a switch
) -> None:
    """Print a leader's morning digest 早报, or an office's weekly one 周报."""
    if bool(recipient) == bool(office):
        raise typer.BadParameter("takes one of the two", param_hint="--recipient or --office")
    weekly = {"kind": "weekly", "office": office}
    given = weekly if office else {"kind": "morning", "recipient": recipient}
    told = _answer("digest", given, OPERATOR, [OPERATOR])
    typer.echo(told["markdown" if markdown else "text"])


@app.command()
def test(
    recipient: Annotated[str, typer.Argument(help="Whose channels are tried.")],
) -> None:
    """Send a test message over each own channel of a recipient."""
    tried = _answer("try_channels", {"recipient": recipient}, OPERATOR, [OPERATOR])
    for each in tried["tried"]:
        typer.echo(f"{each['channel']}: {each['outcome']}")
    if any(each["outcome"] != "ok" for each in tried["tried"]):
        raise typer.Exit(1)


def _change(method: str, given: Mapping[str, Any], subject: str, office: str) -> None:
    whole = {"request_id": str(uuid.uuid4()), **given}
    changed = _answer(method, whole, subject, ["leader", "office_head"], office)
    typer.echo(f"{changed['number']}: {changed['state']}")


def _answer(
    method: str, given: Mapping[str, Any], subject: str, roles: list[str], office: str = ""
) -> Any:
    """Return what notify answers, or say why it refuses and end with status 1."""
    try:
        return _asked(method, given, subject, roles, office)
    except Failure as failure:
        raise _refused(failure) from failure


def _asked(
    method: str, given: Mapping[str, Any], subject: str, roles: list[str], office: str = ""
) -> Any:
    configure_logging("WARNING")
    return connected(Variables(), subject, roles, office)("notify", method, given)


def _refused(failure: Failure) -> typer.Exit:
    typer.echo(f"{failure.code}: {_why(failure)}", err=True)
    return typer.Exit(1)


def _why(failure: Failure) -> str:
    """Say what is refused, each field with what may stand there."""
    fields = "; ".join(
        f"{name}: {TAKES.get(name, why) if failure.code == 'bad_value' else why}"
        for name, why in failure.fields.items()
    )
    return f"{failure.message} {fields}".rstrip()

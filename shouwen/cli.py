"""The operator's command line."""

import json
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from chassis.runtime.surroundings import database_url, home_of, surroundings
from contracts.failures import Failure
from contracts.rpc import METHODS
from shouwen import courses, deadlines, evidence, looking, reminders, upkeep
from shouwen.calling import (
    BrokenOff,
    CallFor,
    connected,
    listens,
    patient,
    until_signal,
    working,
)
from shouwen.embedded import embedded
from shouwen.gateway import SOCKET, Gateway
from shouwen.hosting import SERVICES, host, migrate_all
from shouwen.importing import (
    HEADINGS,
    ColumnMissing,
    Defaults,
    Report,
    columns_of,
    import_rows,
)
from shouwen.keys import ISSUER_KEY, issuer_of
from shouwen.keys import app as keys_app
from shouwen.tables import TableUnreadable, table_in, write_rejects


def _examples(*lines: str) -> str:
    """Return an epilog: Typer keeps the break between paragraphs only."""
    return "\n\n".join(("[bold]Examples[/]", *lines))


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    help="Shouwen 首问: the first leader who receives a petition owns it until it is closed.",
    epilog=_examples(
        "shouwen demo   see everything once, in under a minute",
        "shouwen up   keep it running; then, in another terminal:",
        "shouwen import shouwen/samples/petitions.csv   take a table in",
        "shouwen call   list what can be asked",
        "shouwen replay XF-330424-20261123-000017-X   the history of one case",
    ),
)


@app.command(epilog=_examples("shouwen demo", "shouwen demo > demo.txt   without colours"))
def demo() -> None:
    """Run 200 made-up petitions through all four services, embedded, and show what comes out.

    Needs no server, leaves nothing behind, ends by itself.
    """
    from shouwen.demo import run  # brings in what only the demo needs

    configure_logging("ERROR")
    raise typer.Exit(run())


@app.command(
    epilog=_examples(
        "shouwen up",
        "SHOUWEN_HOME=/srv/trial shouwen up   keep the records elsewhere than in ./.shouwen",
        "Next, in another terminal: shouwen call intake.health",
    )
)
def up() -> None:
    """Run all four services in this process, with no server, until Ctrl-C.

    For trying out: its development key lets anybody who can read the folder act as anybody.
    """
    configure_logging()
    home = home_of(Variables())
    if listens(home / SOCKET):
        raise typer.BadParameter(f"Shouwen is up in {home} already", param_hint="SHOUWEN_HOME")
    installation = embedded(home)
    around = installation.surroundings
    migrate_all(around.database_url)
    running = host(around, *SERVICES)
    Gateway(around.amqp_uri, around.home / SOCKET).start()
    typer.secho(
        f"DEVELOPMENT KEY in {home / 'keys'}: whoever can read it can act as anybody."
        " Never for real petitions.",
        fg="yellow",
        err=True,
    )
    typer.echo(f"Shouwen is up in {home}. In another terminal: {_invoked_as()} call intake.health")
    raise typer.Exit(running.run())


def _invoked_as() -> str:
    """Return how this program was called, as another terminal in the same folder calls it."""
    program, here = Path(sys.argv[0]), Path.cwd()
    if program.name == "__main__.py":
        return "python -m shouwen"
    return str(program.relative_to(here) if program.is_relative_to(here) else program)


@app.command(
    epilog=_examples(
        "shouwen migrate && shouwen serve intake   with the variables of docs/operations.md set",
        "docker compose up --detach --wait   does this for all four",
    )
)
def serve(service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]) -> None:
    """Run one service on the servers that the environment names.

    Needs SHOUWEN_DATABASE_URL, SHOUWEN_AMQP_URI, SHOUWEN_IDENTITY_KEYS and SHOUWEN_SERVICE_TOKEN;
    intake also SHOUWEN_VAULT_KEY. Run `shouwen migrate` before.
    """
    if service not in SERVICES:
        raise typer.BadParameter(f"there are {', '.join(SERVICES)}", param_hint="SERVICE")
    configure_logging(service=service)
    raise typer.Exit(host(surroundings(Variables()), service).run())


@app.command(
    epilog=_examples(
        "SHOUWEN_DATABASE_URL=postgresql://shouwen:PASSWORD@localhost/shouwen shouwen migrate"
    )
)
def migrate() -> None:
    """Bring the tables of all services to the newest revision; changes nothing when they are.

    On PostgreSQL the user must be able to create schemas and roles.
    """
    from sqlalchemy.exc import OperationalError  # only migrations use it, and it loads slowly

    configure_logging("WARNING")
    variables = Variables()
    url = database_url(variables)
    try:
        migrate_all(lambda service: url or embedded_url(variables, service))
    except OperationalError as error:
        typer.echo(f"The database did not take it: {error.orig}", err=True)
        raise typer.Exit(1) from error
    typer.echo("All tables are up to date.")


def embedded_url(variables: Variables, service: str) -> str:
    """Return the database of a service in the embedded installation."""
    return embedded(home_of(variables)).surroundings.database_url(service)


@app.command(
    epilog=_examples(
        "shouwen token L330424001 --role leader --office 330424-01",
        "shouwen token service:intake --role service --hours 8760 --key issuer.pem",
        "SHOUWEN_TOKEN=$(shouwen token A1 --role auditor) shouwen call intake.search",
    )
)
def token(
    subject: Annotated[str, typer.Argument(help="Staff number, or service:NAME.")],
    role: Annotated[list[str], typer.Option(help="May be given more than once.")],
    office: Annotated[str, typer.Option(help="Office code such as 330424-01.")] = "",
    hours: Annotated[float, typer.Option(help="For how long.", min=0.01, max=24 * 366)] = 8,
    key: Annotated[
        Path | None,
        typer.Option(
            envvar=ISSUER_KEY,
            exists=True,
            dir_okay=False,
            help="Private key of the issuer; without it, the development key of SHOUWEN_HOME.",
        ),
    ] = None,
) -> None:
    """Sign a token: who somebody is, with which roles, for which office.

    Roles: clerk, handler, leader, office_head, auditor, agency, operator, service.
    """
    configure_logging("WARNING")
    typer.echo(issuer_of(key).issue(subject, role, office, int(hours * 3600)))


@app.command(
    epilog=_examples(
        "shouwen call   list all methods",
        "shouwen call intake.search --explain   what it takes, and who may call it",
        "shouwen call intake.search '{\"limit\": 5}' --role auditor",
        "shouwen call intake.register - --role clerk --office 330424-01 < petition.json",
    )
)
def call(  # noqa: PLR0913, PLR0917 - one option each
    method: Annotated[str, typer.Argument(help="SERVICE.METHOD; without it, a list.")] = "",
    arguments: Annotated[str, typer.Argument(help="A JSON object; - reads standard input.")] = "{}",
    role: Annotated[
        list[str] | None, typer.Option(help="Sign a token with these roles, embedded only.")
    ] = None,
    subject: Annotated[str, typer.Option("--as", help="Staff number to act as.")] = "operator",
    office: Annotated[str, typer.Option(help="Office to act for.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Say what it takes.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Call a method and print its answer; the exit status is 1 when it is refused.

    Goes to the servers of SHOUWEN_AMQP_URI with the token in SHOUWEN_TOKEN, else to `shouwen up`.
    """
    configure_logging("WARNING")
    if not method:
        _list_methods()
        return
    if method not in METHODS:
        raise typer.BadParameter(f"there are {', '.join(sorted(METHODS))}", param_hint="METHOD")
    if explain:
        _explain(method)
        return
    answer = _answer(method, _object(arguments), role or [], subject, office)
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    if answer.get("ok") is False:
        raise typer.Exit(1)


def _list_methods() -> None:
    from rich.console import Console  # only where something is drawn

    from shouwen.explaining import methods_table

    Console().print(methods_table())


def _explain(method: str) -> None:
    from rich.console import Console  # only where something is drawn

    from shouwen.explaining import explained

    Console().print(explained(METHODS[method]))


def _object(text: str) -> dict[str, Any]:
    try:
        given = json.loads(sys.stdin.read() if text == "-" else text)
    except (ValueError, RecursionError) as error:
        raise typer.BadParameter(f"is no JSON: {error}", param_hint="ARGUMENTS") from error
    if not isinstance(given, dict):
        raise typer.BadParameter("is no JSON object, such as {}", param_hint="ARGUMENTS")
    return given


def _answer(
    method: str, given: Mapping[str, Any], roles: Sequence[str], subject: str, office: str
) -> Any:
    """Return what a method answers, or say why not and end with status 1."""
    service, _, name = method.partition(".")
    try:
        return connected(Variables(), subject, roles, office)(service, name, given)
    except Failure as failure:
        raise _refused(failure, method) from failure


def _refused(failure: Failure, method: str) -> typer.Exit:
    typer.echo(json.dumps(failure.to_wire()["value"], indent=2, ensure_ascii=False), err=True)
    typer.echo(failure.code, err=True)
    if hint := _hint(failure.code, method):
        typer.echo(hint, err=True)
    return typer.Exit(1)


def _hint(code: str, method: str) -> str:
    roles = ", ".join(sorted(METHODS[method].roles))
    return {
        "token_missing": f"Embedded: add --role, one of {roles}. On servers: set SHOUWEN_TOKEN.",
        "role_not_allowed": f"It takes one of the roles {roles}.",
        "office_not_allowed": "Add --office with an office of that region, or one above it.",
        "bad_value": f"shouwen call {method} --explain says what it takes.",
    }.get(code, "")


@app.command(
    name="import",
    epilog=_examples(
        "shouwen import shouwen/samples/petitions.csv",
        "shouwen import hotline.xlsx --office 330424-01 --channel call --map title=主题",
        "Next: correct hotline.rejects.csv, if there is one, and import that",
    ),
)
def import_file(  # noqa: PLR0913, PLR0917 - one option each
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="csv or xlsx.")],
    office: Annotated[str, typer.Option(help="For rows that name none.")] = "330424-01",
    channel: Annotated[str, typer.Option(help="For rows that name none.")] = "feed",
    petition_class: Annotated[str, typer.Option(help="For rows that name none.")] = "appeal",
    columns: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=HEADING, for other headings.")
    ] = None,
    subject: Annotated[str, typer.Option("--as", help="Staff number to act as.")] = "importer",
) -> None:
    """Register the rows of a table; the same file twice adds nothing, so a break is harmless.

    Fields: key, title, body, category, occurred_at, office, channel, petition_class, place,
    petitioner, phone, id_number, address, co_signers, representatives, headcount, agent,
    accused, accused_staff, accused_units, repeat_of; received_at only where --map names it.
    Each is found under that heading or its Chinese one, such as 标题; --map names others. title,
    body, category, occurred_at and petitioner must be there. From occurred_at on the office's first
    step is due; for the channels transfer and feed, raised elsewhere, from received_at or, where a
    row has none, from the registration on.
    Rows that cannot be registered go, with the reason, to a new file in this folder that is named
    when the import ends.
    """
    configure_logging("WARNING")
    try:
        table = table_in(file)
        found = columns_of(table.headings, _mapping(columns or []))
    except (ColumnMissing, TableUnreadable) as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    defaults = Defaults(office, channel, petition_class)
    rows, started = table.rows, time.monotonic()
    if "office" not in found:
        typer.echo(f"The table names no offices: all goes to {office} (--office names another).")
    with _said_why_not(), until_signal(), working(Variables(), subject, ["clerk"]) as call_for:
        report = _imported(rows, found, defaults, lambda office: patient(call_for(office)))
    rate = len(rows) / max(time.monotonic() - started, 0.001)
    typer.echo(
        f"{report.registered} on record, {len(report.rejected)} rejected, {rate:.0f} a second;"
        " what was on record before is there once"
    )
    if report.rejected:
        rejects = write_rejects(Path(), file.stem, report.rejected)
        typer.echo(f"Rejected rows and reasons: {rejects}")
        raise typer.Exit(1)


@contextmanager
def _said_why_not() -> Iterator[None]:
    """End an import that is broken off or refused with a sentence and a status."""
    try:
        yield
    except BrokenOff as broken:
        typer.echo("Broken off; the same command again goes on where it stopped.", err=True)
        raise typer.Exit(128 + signal.SIGINT) from broken
    except Failure as failure:
        raise _refused(failure, "intake.register_many") from failure


def _mapping(pairs: Sequence[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if pair.partition("=")[0] not in HEADINGS or "=" not in pair]
    if wrong:
        known = ", ".join(HEADINGS)
        raise typer.BadParameter(f"{wrong[0]} is not FIELD=HEADING, of {known}", param_hint="--map")
    return dict(pair.split("=", 1) for pair in pairs)


def _imported(
    rows: Sequence[dict[str, str]],
    columns: Mapping[str, str],
    defaults: Defaults,
    call_for: CallFor,
) -> Report:
    from rich.progress import Progress  # only where something is drawn

    report = Report()
    with Progress() as progress:
        task = progress.add_task("登记 importing", total=len(rows))
        for done, report in import_rows(rows, columns, defaults, call_for):  # noqa: B007 - the last
            progress.update(task, completed=done)
    return report


@app.command(
    epilog=_examples(
        "shouwen replay XF-330424-20261123-000017-X",
        "shouwen replay XF-330424-20261123-000017-X --as-of 2026-11-25T09:00:00+08:00",
        "shouwen replay XF-330424-20261123-000017-X --occurred-until 2026-11-24T18:00:00+08:00",
        "shouwen replay XF-330424-20261123-000017-X --since 2026-11-25T09:00:00+08:00",
        "shouwen replay XF-330424-20261123-000017-X --json > history.json",
    )
)
def replay(
    number: Annotated[str, typer.Argument(help="Number of the petition.")],
    as_of: Annotated[
        str, typer.Option(help="What was on record then: ISO 8601 with offset; now unless given.")
    ] = "",
    occurred_until: Annotated[
        str, typer.Option(help="Leave out what is stated to have happened later: the same form.")
    ] = "",
    since: Annotated[
        str, typer.Option(help="Only what has come to the case since then, and what has left it.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON, also on a terminal.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Print the history of a case across all services: a table on a terminal, else JSON."""
    configure_logging("WARNING")
    instants = {"as_of": as_of, "occurred_until": occurred_until, "since": since}
    given = {"number": number, **{name: at for name, at in instants.items() if at}}
    history = _answer("audit.replay", given, ["auditor"], "auditor", "")
    if as_json or not sys.stdout.isatty():
        typer.echo(json.dumps(history, ensure_ascii=False, indent=2))
        return
    from rich.console import Console  # only where something is drawn

    from shouwen.histories import history_parts

    for part in history_parts(history):
        Console().print(part)


app.command(
    epilog=_examples(
        "shouwen export XF-330424-20261123-000017-X case.zip",
        "shouwen export XF-330424-20261123-000017-X case.zip --since 1204",
        "shouwen export XF-330424-20261123-000017-X case.zip --content --office 330424-01",
        "Next: shouwen verify case.zip --key KEY",
    )
)(evidence.export)
app.command(epilog=_examples("shouwen checkpoint > kept   to be compared with next time"))(
    evidence.checkpoint
)
app.command(
    epilog=_examples(
        "shouwen absence XF-330424-20261123-000017-X absent.zip",
        "Next: shouwen verify absent.zip --key KEY",
    )
)(evidence.absence)
app.command(
    epilog=_examples(
        "shouwen deeds L330424001",
        "shouwen deeds L330424001 --since 2026-11-01T00:00:00+08:00 --type case.closed.v1",
    )
)(looking.deeds)
app.command(
    epilog=_examples(
        "shouwen looks XF-330424-20261123-000017-X   who saw this case",
        "shouwen looks --by K330424007   what this person saw",
    )
)(looking.looks)
app.command(
    epilog=_examples(
        "shouwen standings --region 330424 --as-of 2026-11-25T09:00:00+08:00",
        "shouwen standings --region 330424 --occurred-until 2026-11-24T18:00:00+08:00",
        "shouwen standings --office 330424-01",
    )
)(looking.standings)
app.command(
    epilog=_examples(
        "shouwen verify case.zip --key ledger.keys",
        "shouwen verify .shouwen/ledger --key ledger.keys --checkpoint kept",
        "shouwen verify https://ledger.example/ --key ledger.keys --remember kept",
    )
)(evidence.verify)
app.command(
    epilog=_examples(
        "shouwen report november.xlsx --from 2026-11-01 --to 2026-11-30",
        "shouwen report units.csv --by unit --each month --from 2026-01-01 --to 2026-12-31",
    ),
)(evidence.report)
app.command(epilog=_examples("shouwen fsck --key ledger.keys"))(evidence.fsck)
app.command(epilog=_examples("shouwen rebuild notify   its read models, after they were lost"))(
    upkeep.rebuild
)
app.command(
    epilog=_examples(
        "shouwen parked   of all services",
        "shouwen parked audit --redrive   once the cause is gone",
    )
)(upkeep.parked)
app.command(
    epilog=_examples(
        "shouwen deadline   all statutory terms",
        "shouwen deadline handling --from 2026-02-01 --extended 30",
        "shouwen deadline re_review --from 2026-03-02 --hearing 2026-03-10/2026-03-18",
    )
)(deadlines.deadline)
app.command(
    epilog=_examples(
        "shouwen course   from where to where, by whom, by which article",
        "shouwen course --markdown > docs/course.md   the same, drawn",
    )
)(courses.course)
app.add_typer(courses.calendar_app, name="calendar")
app.add_typer(reminders.app, name="reminders")
app.add_typer(keys_app, name="key")

"""The operator's command line."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from chassis.runtime.surroundings import DATABASE_URL, home_of, surroundings
from contracts.failures import Failure
from contracts.rpc import METHODS
from shouwen import upkeep
from shouwen.calling import connected, working
from shouwen.embedded import embedded
from shouwen.gateway import SOCKET, Gateway
from shouwen.hosting import SERVICES, host, migrate_all
from shouwen.importing import (
    ColumnMissing,
    Defaults,
    Report,
    columns_of,
    import_rows,
    rows_of,
    write_rejects,
)

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Shouwen 首问: the first leader who receives a petition owns it until it is closed.",
    epilog="Try `shouwen demo` first; then `shouwen up` and, in another terminal, `shouwen call`.",
)

app.command()(upkeep.rebuild)
app.command()(upkeep.parked)


@app.command()
def demo() -> None:
    """Run 200 made-up petitions through all four services, embedded, and show what comes out."""
    from shouwen.demo import run  # brings in what only the demo needs

    configure_logging("ERROR")
    raise typer.Exit(run())


@app.command()
def up() -> None:
    """Run all four services in this process, with no server, until Ctrl-C."""
    configure_logging()
    installation = embedded(home_of(Variables()))
    around = installation.surroundings
    migrate_all(around.database_url)
    running = host(around, *SERVICES)
    Gateway(around.amqp_uri, around.home / SOCKET).start()
    typer.echo(f"Shouwen is up in {around.home}. In another terminal: shouwen call intake.health")
    raise typer.Exit(running.run())


@app.command()
def serve(service: Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]) -> None:
    """Run one service on the servers that the environment names."""
    if service not in SERVICES:
        raise typer.BadParameter(f"there are {', '.join(SERVICES)}", param_hint="SERVICE")
    configure_logging(service=service)
    raise typer.Exit(host(surroundings(Variables()), service).run())


@app.command()
def migrate() -> None:
    """Bring the tables of all services to the newest revision."""
    configure_logging("WARNING")
    variables = Variables()
    url = variables.text(DATABASE_URL)
    migrate_all(lambda service: url or embedded_url(variables, service))
    typer.echo("All tables are up to date.")


def embedded_url(variables: Variables, service: str) -> str:
    """Return the database of a service in the embedded installation."""
    return embedded(home_of(variables)).surroundings.database_url(service)


@app.command()
def token(
    subject: Annotated[str, typer.Argument(help="Staff number, or service:NAME.")],
    role: Annotated[list[str], typer.Option(help="May be given more than once.")],
    office: Annotated[str, typer.Option(help="Office code such as 330424-01.")] = "",
    hours: Annotated[float, typer.Option(help="For how long.", min=0.01, max=24 * 366)] = 8,
) -> None:
    """Sign a token with the key in SHOUWEN_HOME (made now if there is none)."""
    configure_logging("WARNING")
    issuer = embedded(home_of(Variables())).issuer
    try:
        typer.echo(issuer.issue(subject, role, office, int(hours * 3600)))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--role") from error


@app.command()
def keys() -> None:
    """Print the public keys that services check tokens with (SHOUWEN_IDENTITY_KEYS)."""
    configure_logging("WARNING")
    typer.echo(json.dumps(embedded(home_of(Variables())).issuer.jwks()))


@app.command()
def call(
    method: Annotated[str, typer.Argument(help="SERVICE.METHOD, such as intake.status.")],
    arguments: Annotated[str, typer.Argument(help="A JSON object; - reads standard input.")] = "{}",
    role: Annotated[list[str] | None, typer.Option(help="Sign a token with these roles.")] = None,
    subject: Annotated[str, typer.Option("--as", help="Staff number to act as.")] = "operator",
    office: Annotated[str, typer.Option(help="Office to act for.")] = "",
) -> None:
    """Call a method and print its answer; the exit status is 1 when it is refused."""
    configure_logging("WARNING")
    if method not in METHODS:
        raise typer.BadParameter(f"there are {', '.join(sorted(METHODS))}", param_hint="METHOD")
    text = sys.stdin.read() if arguments == "-" else arguments
    try:
        given: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"is no JSON: {error}", param_hint="ARGUMENTS") from error
    service, _, name = method.partition(".")
    try:
        answer = connected(Variables(), subject, role or [], office)(service, name, given)
    except Failure as failure:
        typer.echo(json.dumps(failure.to_wire()["value"], ensure_ascii=False, indent=2), err=True)
        typer.echo(failure.code, err=True)
        raise typer.Exit(1) from failure
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    if answer.get("ok") is False:
        raise typer.Exit(1)


@app.command(name="import")
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
    """Register the rows of a table; the same file twice adds nothing."""
    from rich.progress import Progress  # only here is anything drawn

    configure_logging("WARNING")
    rows = rows_of(file)
    mapping = dict(pair.split("=", 1) for pair in columns or [] if "=" in pair)
    try:
        found = columns_of(rows[0] if rows else [], mapping)
    except ColumnMissing as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    defaults = Defaults(office, channel, petition_class)
    report = Report()
    started = time.monotonic()
    with working(Variables(), subject, ["clerk"], office) as call_, Progress() as progress:
        task = progress.add_task("importing", total=len(rows))
        for done, report in import_rows(rows, found, defaults, call_):  # noqa: B007 - the last
            progress.update(task, completed=done)
    rate = len(rows) / max(time.monotonic() - started, 0.001)
    typer.echo(
        f"{report.registered} on record, {len(report.rejected)} rejected, {rate:.0f} a second"
    )
    if report.rejected:
        rejects = Path(f"{file.stem}.rejects.csv")
        write_rejects(rejects, report.rejected)
        typer.echo(f"Rejected rows and reasons: {rejects}")
        raise typer.Exit(1)


@app.command()
def replay(
    number: Annotated[str, typer.Argument(help="Number of the petition.")],
    as_of: Annotated[str, typer.Option(help="ISO 8601 with offset; now unless given.")] = "",
) -> None:
    """Print the history of a case across all services."""
    given = {"number": number, **({"as_of": as_of} if as_of else {})}
    call("audit.replay", json.dumps(given), ["auditor"], "auditor", "")

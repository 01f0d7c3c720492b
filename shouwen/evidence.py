"""Taking evidence away, and checking it: a case, the published ledger, the running system."""

from base64 import b64decode
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from contracts.failures import Failure
from services.audit.verifier import Terms, Unreadable, kept_in, keys_from
from services.audit.verifier import verify as verified
from shouwen.calling import connected
from shouwen.follow_through import FORMS, FollowThrough, whole_feed, write

Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="Public key of the ledger, or a file with keys; more than once."),
]
Kept = Annotated[
    Path | None,
    typer.Option("--checkpoint", exists=True, help="A checkpoint that you kept."),
]


def export(
    number: Annotated[str, typer.Argument(help="Number of the petition.")],
    file: Annotated[Path, typer.Argument(help="Written now, such as case.zip.")],
    since: Annotated[
        int | None, typer.Option(help="Size of a checkpoint that you kept.", min=1)
    ] = None,
) -> None:
    """Write the evidence of a case to one file that verifies without us; the export goes on record.

    It holds the events, the proofs, two checkpoints, the public keys and a page to read and print.
    """
    configure_logging("WARNING")
    given = {"number": number, **({"known_size": since} if since else {})}
    try:
        bundle = connected(Variables(), "auditor", ["auditor"], "")("audit", "export", given)
    except Failure as failure:
        typer.echo(f"{failure.code}: {failure}", err=True)
        raise typer.Exit(1) from failure
    file.write_bytes(b64decode(bundle["content"]))
    typer.echo(f"{file}: the case {bundle['number']}, under a ledger of {bundle['size']} events")


def verify(
    place: Annotated[str, typer.Argument(help="Bundle of a case, folder of tiles, web address.")],
    key: Keys = None,
    checkpoint: Kept = None,
    remember: Annotated[
        Path | None,
        typer.Option(help="Keeps the last good checkpoint: compared with, then written anew."),
    ] = None,
) -> None:
    """Check evidence without asking the services: 0 all holds, 1 something does not, 2 unreadable.

    The same program stands by itself in services/audit/verifier.py.
    """
    try:
        terms = Terms(keys_from(key or []), kept_in(checkpoint, remember))
    except Unreadable as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(verified(place, terms, typer.echo, remember))


def fsck(key: Keys = None) -> None:
    """Compare the ledger with the logs of all services, event by event; 1 where they differ.

    Reads everything there is. Without --key the ledger's own word is taken for its keys.
    """
    from shouwen.comparing import Comparison  # brings in what only this command needs

    configure_logging("WARNING")
    ask = connected(Variables(), "auditor", ["auditor"], "")
    comparison = Comparison(ask, typer.echo)
    try:
        wrong = comparison.run(keys_from(key or []))
    except Unreadable as error:
        raise typer.BadParameter(str(error), param_hint="--key") from error
    except Failure as failure:
        typer.echo(f"{failure.code}: {failure}", err=True)
        raise typer.Exit(2) from failure
    typer.echo(f"{wrong} do not hold." if wrong else "All of it holds.")
    raise typer.Exit(1 if wrong else 0)


def report(
    file: Annotated[Path, typer.Argument(help="Written now: .csv, .xlsx or .html.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
) -> None:
    """Write what became of what each owner took on: taken, late, reminded, closed, reopened.

    Counted from the whole feed, by days in Shanghai. Each line names the leaves of the ledger that
    it counts.
    """
    configure_logging("WARNING")
    if file.suffix.lower() not in FORMS:
        raise typer.BadParameter(f"ends with one of {', '.join(sorted(FORMS))}", param_hint="FILE")
    counted = FollowThrough(first.date(), last.date())
    try:
        for position, event in whole_feed(connected(Variables(), "auditor", ["auditor"], "")):
            counted.add(position, event)
    except Failure as failure:
        typer.echo(f"{failure.code}: {failure}", err=True)
        raise typer.Exit(1) from failure
    write(file, counted.lines())
    typer.echo(f"{file}: {len(counted.lines())} owners")

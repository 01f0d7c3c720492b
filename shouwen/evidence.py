"""Taking evidence away, and checking it: a case, the published ledger, the running system."""

from base64 import b64decode
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from contracts.failures import Failure
from services.audit.verifier import (
    COSIGNS,
    Terms,
    Unreadable,
    cores,
    instant_in,
    kept_in,
    keys_from,
)
from services.audit.verifier import verify as verified
from shouwen.calling import connected
from shouwen.follow_through import (
    BY,
    EACH,
    SHANGHAI,
    FollowThrough,
    nothing_missing,
    whole_feed,
    write_receipts,
)
from shouwen.opening import opened
from shouwen.report_files import FORMS, write

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
    content: Annotated[  # noqa: FBT002 - how typer declares a switch
        bool, typer.Option("--content", help="With the text and the persons, for those who may.")
    ] = False,
    office: Annotated[str, typer.Option(help="Embedded, with --content: as its head.")] = "",
) -> None:
    """Write the evidence of a case to one file that verifies without us; the export goes on record.

    It holds the events, the proofs, two checkpoints, the public keys and a page to read and print.
    With --content also what the petitioner gave, with the salts that open the commitments to it;
    each reading goes on record too.
    """
    configure_logging("WARNING")
    given = {"number": number, **({"known_size": since} if since else {})}
    who, roles = ("head", ["office_head"]) if content else ("auditor", ["auditor"])
    ask = connected(Variables(), who, roles, office)
    try:
        bundle = ask("audit", "export", given)
        taken = b64decode(bundle["content"])
        file.write_bytes(opened(taken, ask) if content else taken)
    except Failure as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from failure
    typer.echo(f"{file}: the case {bundle['number']}, under a ledger of {bundle['size']} events")


def absence(
    what: Annotated[str, typer.Argument(help="Number of a petition, or the id of one.")],
    file: Annotated[Path, typer.Argument(help="Written now, such as absent.zip.")],
    since: Annotated[
        int | None, typer.Option(help="Size of a checkpoint that you kept.", min=1)
    ] = None,
) -> None:
    """Write the proof that there is no such case to one file that verifies without us.

    It holds up to the ledger's last statement of all cases, of the last minute or so, which the
    verifier names.
    """
    configure_logging("WARNING")
    given = {
        "number" if what.startswith("XF-") else "petition_id": what,
        **({"known_size": since} if since else {}),
    }
    try:
        shown = connected(Variables(), "auditor", ["auditor"], "")("audit", "absence", given)
    except Failure as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from failure
    file.write_bytes(b64decode(shown["content"]))
    typer.echo(f"{file}: no case {what}, up to leaf {shown['stated_size'] - 1}")


def checkpoint() -> None:
    """Print the ledger's newest checkpoint, to be kept where the operator cannot reach it.

    `shouwen verify` takes it as --checkpoint on your next visit.
    """
    configure_logging("WARNING")
    try:
        signed = connected(Variables(), "auditor", ["auditor"], "")("audit", "checkpoint", {})
    except Failure as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from failure
    if not signed["note"]:
        typer.echo("Nothing is signed yet.", err=True)
        raise typer.Exit(1)
    typer.echo(signed["note"], nl=False)


def verify(  # noqa: PLR0913, PLR0917 - each is an option
    place: Annotated[
        str,
        typer.Argument(help="Bundle, receipt, folder of receipts; ledger's folder or address."),
    ],
    key: Keys = None,
    checkpoint: Kept = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(help="Public key of a witness who must have signed that checkpoint."),
    ] = None,
    remember: Annotated[
        Path | None,
        typer.Option(help="Keeps the last good checkpoint: compared with, then written anew."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(help="Processes that share a whole ledger; one for each core if not set.")
    ] = 0,
    old_key: Annotated[
        list[str] | None,
        typer.Option(help="Public key that signed before, good for older checkpoints only."),
    ] = None,
    case: Annotated[str, typer.Option(help="Number of the case that it must be.")] = "",
    absent: Annotated[str, typer.Option(help="Number or id that it must show absent.")] = "",
    stated_since: Annotated[
        str, typer.Option(help="Instant, before which the ends must not be stated.")
    ] = "",
) -> None:
    """Check evidence without asking the services: 0 all holds, 1 something does not, 2 unreadable.

    3 where what is shown holds, and is not shown to be all: the lines LACKS say what is not.
    The same program stands by itself in services/audit/verifier.py.
    """
    try:
        kept = kept_in(checkpoint, remember)
        witnesses, old_keys = keys_from(witness or [], COSIGNS), keys_from(old_key or [])
        keys, since = keys_from(key or []), instant_in(stated_since)
        terms = Terms(keys, kept, witnesses, case, old_keys, absent, since)
    except Unreadable as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(verified(place, terms, typer.echo, remember, jobs or cores()))


def fsck(key: Keys = None) -> None:
    """Compare the ledger with the logs of all services, event by event; 1 where they differ.

    And with what replay and all lists answer from; 3 where that waits for an operator and could
    not be compared, or no --key was given, so that the ledger's own word is taken for its keys.
    Reads everything there is.
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
        typer.echo(str(failure), err=True)
        raise typer.Exit(2) from failure
    if wrong:
        typer.echo(f"{wrong} do not hold.")
        raise typer.Exit(1)
    if not comparison.complete:
        typer.echo("What was compared holds. It is not all: see LACKS.")
        raise typer.Exit(3)
    typer.echo("All of it holds.")


def report(  # noqa: PLR0913, PLR0917 - what the command line takes
    file: Annotated[Path, typer.Argument(help="Written now: .csv, .xlsx or .html.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")],
    proofs: Annotated[  # noqa: FBT002 - how typer declares a switch
        bool, typer.Option("--proofs", help="Write the proofs beside it, and link to them.")
    ] = False,
    by: Annotated[str, typer.Option(help=f"Whose lines there are: {', '.join(BY)}.")] = "owner",
    each: Annotated[
        str, typer.Option(help=f"A line for each {', '.join(EACH)}; else one for all days.")
    ] = "",
) -> None:
    """Write what became of what each owner, office or unit took on.

    Taken, handed on, late, overdue at the end, reminded, acknowledged, closed, reopened.

    Counted from the whole feed, by days in Shanghai. Each line names the leaves of the ledger that
    it counts; with --proofs each is a link to its receipt, which `shouwen verify` checks.
    """
    configure_logging("WARNING")
    if file.suffix.lower() not in FORMS:
        raise typer.BadParameter(f"ends with one of {', '.join(sorted(FORMS))}", param_hint="FILE")
    for given, known, option in ((by, BY, "--by"), (each or "day", EACH, "--each")):
        if given not in known:
            raise typer.BadParameter(f"is one of {', '.join(known)}", param_hint=option)
    if last < first:
        raise typer.BadParameter(
            f"lies before --from: name {first:%Y-%m-%d} or a later day", param_hint="--to"
        )
    today = datetime.now(SHANGHAI).date()
    counted = FollowThrough(first.date(), last.date(), by, each, today)
    ask = connected(Variables(), "auditor", ["auditor"], "")
    folder = file.with_suffix(".proofs") if proofs else None
    try:
        for position, event in nothing_missing(whole_feed(ask)):
            counted.add(position, event)
        if folder:
            write_receipts(ask, folder, counted.lines())
    except Failure as failure:
        typer.echo(str(failure), err=True)
        raise typer.Exit(1) from failure
    write(file, counted.lines(), folder.name if folder else "", by)
    typer.echo(f"{file}: {len(counted.lines())} lines, by {by}")

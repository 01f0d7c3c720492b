"""What an operator does when something was lost or has stopped."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from chassis.runtime.surroundings import database_url, home_of, surroundings
from shouwen.calling import connected
from shouwen.embedded import embedded
from shouwen.hosting import SERVICES, load

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]


def rebuild(service: Service) -> None:
    """Fill the read models of a service anew from the logs; the service may run meanwhile."""
    configure_logging("WARNING")
    variables = Variables()
    on_servers = bool(database_url(variables))
    around = surroundings(variables) if on_servers else embedded(home_of(variables)).surroundings
    wiring = load(known(service)).bootstrap(around)
    events = wiring.rooms.assembly.rebuild()
    wiring.close()
    typer.echo(f"The read models of {service} are rebuilt from {events} events.")


def parked(
    service: Annotated[
        str | None, typer.Argument(help=f"One of {', '.join(SERVICES)}; all unless given.")
    ] = None,
    redrive: Annotated[bool, typer.Option("--redrive", help="Apply them again first.")] = False,  # noqa: FBT002 - how typer declares a switch
    subject: Annotated[
        str, typer.Option(help="Redrive only the events of this petition (its petition_id).")
    ] = "",
) -> None:
    """List what waits for an operator, and why; the exit status is 1 while there is something.

    An event that cannot be applied holds up the later ones of its petition, and nothing else.
    """
    configure_logging("WARNING")
    ask = connected(Variables(), "operator", ["operator"], "")
    left = 0
    for each in [known(service)] if service else SERVICES:
        if redrive:
            given = {"subject": subject} if subject else {}
            typer.echo(f"{each}: {ask(each, 'redrive', given)['applied']} events applied")
        left += _show(each, ask(each, "parked", {}))
    if left:
        raise typer.Exit(1)
    typer.echo("Nothing is parked.")


def _show(service: str, found: Mapping[str, Any]) -> int:
    """Print what waits in a service; return how much that is."""
    for event in found["events"]:
        where = f"{event['source']} {event['position']}"
        typer.echo(
            f"{service}: {event['parked_at']}  {event['subject']}  {where}  {event['reason']}"
        )
    for reason, count in found["dead_reasons"].items():
        typer.echo(f"{service}: {count} dead letters: {reason}")
    return int(found["total"]) + int(found["dead_letters"])


def known(service: str) -> str:
    """Return the name of a service that there is."""
    if service not in SERVICES:
        raise typer.BadParameter(f"there are {', '.join(SERVICES)}", param_hint="SERVICE")
    return service

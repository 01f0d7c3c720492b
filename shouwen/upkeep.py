"""What an operator does when something was lost or has stopped."""

from typing import Annotated

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from chassis.runtime.surroundings import DATABASE_URL, home_of, surroundings
from shouwen.embedded import embedded
from shouwen.hosting import SERVICES, load

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]


def rebuild(service: Service) -> None:
    """Fill the read models of a service anew from the logs; the service may run meanwhile."""
    configure_logging("WARNING")
    variables = Variables()
    on_servers = bool(variables.text(DATABASE_URL))
    around = surroundings(variables) if on_servers else embedded(home_of(variables)).surroundings
    wiring = load(known(service)).bootstrap(around)
    events = wiring.rooms.assembly.rebuild()
    wiring.close()
    typer.echo(f"The read models of {service} are rebuilt from {events} events.")


def known(service: str) -> str:
    """Return the name of a service that there is."""
    if service not in SERVICES:
        raise typer.BadParameter(f"there are {', '.join(SERVICES)}", param_hint="SERVICE")
    return service

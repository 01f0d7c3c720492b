"""The commands about the course of a petition and the calendar that its terms are counted by."""

import json
import uuid
from pathlib import Path
from typing import Annotated

import typer

from chassis.environment import Variables
from chassis.observability import configure_logging
from contracts.failures import Failure
from shouwen.calling import connected

calendar_app = typer.Typer(
    no_args_is_help=True,
    help="The calendar of working days.",
    epilog="[bold]Examples[/]\n\nshouwen calendar import cn-2027.json --document 国办〔2026〕7号",
)


def course(
    markdown: Annotated[bool, typer.Option("--markdown", help="As the documents have it.")] = False,  # noqa: FBT002 - how typer declares a switch
) -> None:
    """Print the course of a petition: each step, from where to where, by whom, by which article."""
    from rich.console import Console  # only where something is drawn

    from shouwen.course_tables import course_document, course_lines

    if markdown:
        typer.echo(course_document(), nl=False)
    else:
        console = Console()
        for line in course_lines():
            console.print(line, highlight=False)


@calendar_app.command("import")
def import_calendar(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, help="JSON: version, first, last, holidays, make_up_days."
        ),
    ],
    document: Annotated[str, typer.Option(help="Reference of the State Council's notice.")],
) -> None:
    """Count terms by a newer calendar from now on; provisional terms are counted again, as facts.

    The file names all days of the years that it covers: those that are known already, too.
    """
    configure_logging("WARNING")
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise typer.BadParameter(f"is no JSON: {error}", param_hint="FILE") from error
    if not isinstance(given, dict):
        raise typer.BadParameter("is no JSON object", param_hint="FILE")
    ask = connected(Variables(), "operator", ["operator"], "")
    try:
        answer = ask(
            "responsibility",
            "import_calendar",
            {"request_id": str(uuid.uuid4()), "document": document, **given},
        )
    except Failure as failure:
        what = "; ".join(f"{name}: {why}" for name, why in failure.fields.items())
        typer.echo(f"{failure.code}: {failure.message} {what}".rstrip(), err=True)
        raise typer.Exit(1) from failure
    typer.echo(f"Terms are counted by {answer['version']} now, known up to {answer['last']}.")

"""Keys: of the issuer of tokens, of the vault, of the ledger."""

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from chassis.environment import Variables
from chassis.identity import TokenIssuer, load_private_key, new_key, utc_now
from chassis.observability import configure_logging
from chassis.runtime.surroundings import home_of
from services.audit.domain.notes import verifier_key
from services.audit.gateways.signing import signers_from
from services.audit.settings import LEDGER_KEY, origin_of
from shouwen.embedded import embedded, new_secret

ISSUER_KEY: Final = "SHOUWEN_ISSUER_KEY"

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Make and show keys: of the issuer of tokens, of the vault, of the ledger.",
    epilog="[bold]Production[/]: `shouwen key issuer issuer.pem` once, on the machine that issues"
    " tokens; `shouwen key public --key issuer.pem` for the services; `shouwen key vault` once,"
    " for intake; `shouwen key ledger` once, for audit.",
)

KeyFile = Annotated[
    Path | None,
    typer.Option(
        envvar=ISSUER_KEY,
        exists=True,
        dir_okay=False,
        help="Private key of the issuer; without it, the development key of SHOUWEN_HOME.",
    ),
]


def issuer_of(key: Path | None) -> TokenIssuer:
    """Return the issuer with a key of one's own, or with the development key.

    Raises:
        typer.BadParameter: the file holds no Ed25519 private key.
    """
    if key is None:
        return embedded(home_of(Variables())).issuer
    try:
        return TokenIssuer(load_private_key(key.read_bytes()), utc_now)
    except ValueError as error:
        raise typer.BadParameter("holds no Ed25519 private key", param_hint="--key") from error


@app.command(epilog="Next: `shouwen key public --key FILE`, and `shouwen token … --key FILE`")
def issuer(file: Annotated[Path, typer.Argument(help="Written now; it must not exist.")]) -> None:
    """Make the private key of an issuer of tokens, readable by you alone.

    Keep it off the machines on which services run: they need the public half only.
    """
    try:
        new_key(file)
    except FileExistsError as error:
        raise typer.BadParameter(
            f"{file} exists; a key in use is never overwritten", param_hint="FILE"
        ) from error
    typer.echo(f"Private key of an issuer: {file}. Whoever has it can act as anybody.")


@app.command(epilog="Example: `shouwen key public --key issuer.pem`")
def public(key: KeyFile = None) -> None:
    """Print the public keys that services check tokens with (SHOUWEN_IDENTITY_KEYS)."""
    configure_logging("WARNING")
    typer.echo(json.dumps(issuer_of(key).jwks()))


@app.command(epilog="Example: `SHOUWEN_VAULT_KEY=$(shouwen key vault)`, kept where secrets are")
def vault() -> None:
    """Print a new key for the vault (SHOUWEN_VAULT_KEY): lose it, and all content is lost."""
    typer.echo(new_secret())


@app.command(
    epilog="Examples: `SHOUWEN_LEDGER_KEY=$(shouwen key ledger)`, kept where secrets are;"
    " `shouwen key ledger --public > ledger.keys`, given to everybody"
)
def ledger(
    public: Annotated[  # noqa: FBT002 - how typer declares a switch
        bool, typer.Option("--public", help="Print the public halves of the keys in use instead.")
    ] = False,
) -> None:
    """Print a new key that checkpoints of the ledger are signed with (SHOUWEN_LEDGER_KEY).

    To change keys, write the new one before the old one, with a comma between: both sign until you
    take the old one away. Checkpoints that it signed stay as they are, and so does its public key.
    """
    if not public:
        typer.echo(new_secret())
        return
    configure_logging("WARNING")
    variables = Variables()
    if not variables.text(LEDGER_KEY):
        variables = embedded(home_of(variables)).surroundings.variables
    for signer in signers_from(origin_of(variables), variables.text(LEDGER_KEY)):
        typer.echo(verifier_key(signer))

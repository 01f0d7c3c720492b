"""Builds intake's rooms and fits them together."""

from dataclasses import dataclass

from chassis.eventstore.location import environment_for
from chassis.messaging.wiring import Wiring
from chassis.runtime.assembly import Assembly, rpc_caller
from chassis.runtime.losses import Followed
from chassis.runtime.surroundings import Surroundings
from contracts.events import MESSAGES
from services.intake.application import Intake
from services.intake.application.linking import Linking
from services.intake.gateways.likeness import TextLikeness
from services.intake.gateways.vault import Vault
from services.intake.publishing import TELLINGS
from services.intake.reactions import FOLLOWED, reactions
from services.intake.readmodels.progress import TABLES, advance, begin_course, has_begun, made_by
from services.intake.readmodels.proposals import Proposals
from services.intake.readmodels.register import RegisterTables
from services.intake.settings import FOLLOWS, NAME, VAULT_KEY, VAULT_KEY_MEANING


@dataclass(frozen=True)
class Rooms:
    """What the surface of intake works with."""

    intake: Intake
    linking: Linking
    proposals: Proposals
    register: RegisterTables
    vault: Vault
    assembly: Assembly


def build(surroundings: Surroundings) -> Rooms:
    """Build the rooms.

    Raises:
        SettingInvalid, VaultKeyInvalid: a setting is missing or unusable.
    """
    register, proposals = RegisterTables(), Proposals()
    vault = Vault.from_text(surroundings.variables.required(VAULT_KEY, VAULT_KEY_MEANING))
    intake = Intake(
        environment_for(surroundings.database_url(NAME), NAME),
        surroundings.clock,
        [register, proposals],
        register,
        vault,
        TextLikeness(),
        has_begun,
    )
    assembly = Assembly(
        service=NAME,
        application=intake,
        tellings=TELLINGS,
        surroundings=surroundings,
        caller=rpc_caller(surroundings, NAME),
        reactions=reactions(advance, begin_course),
        known=frozenset(MESSAGES),
        follows=FOLLOWS,
        followed=Followed(TABLES, FOLLOWED, made_by),
    )
    return Rooms(intake, Linking(intake, register), proposals, register, vault, assembly)


def bootstrap(surroundings: Surroundings) -> Wiring:
    """Return intake, ready to be hosted."""
    rooms = build(surroundings)
    return rooms.assembly.wiring(rooms)

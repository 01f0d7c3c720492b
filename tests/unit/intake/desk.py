"""Intake at work: petitions go in, numbers and refusals come out."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from chassis.jurisdiction import Actor
from contracts.rpc.method import STAFF
from services.intake.application import Intake
from services.intake.application.ports import Raised, Reader
from services.intake.domain.petition import Petition
from services.intake.gateways.likeness import TextLikeness
from services.intake.gateways.vault import Vault
from services.intake.readmodels.progress import has_begun
from services.intake.readmodels.proposals import Proposals
from services.intake.readmodels.register import RegisterTables
from tests.builders import CLERK, Clock, actor, intake_command, raised

VAULT_KEY = bytes(range(32))

_requests = count(1)


def reader(of: Actor, *roles: str) -> Reader:
    """Somebody who asks after a petition."""
    return Reader(
        of,
        is_head="office_head" in roles,
        is_staff=not roles or bool(STAFF & set(roles)),
        audits="auditor" in roles,
    )


def intake(environment: dict[str, str], clock: Clock) -> Intake:
    register = RegisterTables()
    read_models = [register, Proposals()]
    vault = Vault(VAULT_KEY)
    return Intake(environment, clock, read_models, register, vault, TextLikeness(), has_begun)


@dataclass
class Desk:
    """One intake on a store of its own."""

    application: Intake
    clock: Clock

    def register(self, *petitions: Raised, by: Actor | None = None) -> list[Any]:
        """Outcomes of a batch, each with a request id of its own."""
        batch = [
            (intake_command(f"request-{next(_requests)}", by), each)
            for each in petitions or (raised(),)
        ]
        return self.application.register_petitions(batch)

    def registered(self, petition: Raised | None = None, by: Actor | None = None) -> dict[str, Any]:
        """The answer for one petition, which is not refused."""
        (outcome,) = self.register(petition or raised(), by=by)
        assert isinstance(outcome, dict), outcome
        return outcome

    def refusal_of(self, petition: Raised, by: Actor | None = None) -> Exception | None:
        """What the check says before anything is stored."""
        try:
            self.application.check(by or actor(CLERK), petition)
        except Exception as refusal:
            if not hasattr(refusal, "code"):
                raise
            return refusal
        return None

    def registrations(self) -> list[Any]:
        return [fact for fact in self.facts() if isinstance(fact, Petition.Registered)]

    def facts(self) -> list[Any]:
        log = self.application.log_of_events.select_recorded(0, 1_000)
        return [self.application.mapper.to_domain_event(recorded) for recorded in log]

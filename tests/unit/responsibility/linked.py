"""Intake and responsibility side by side: what clerks link goes over, event by event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from chassis.eventstore.application import Provenance
from chassis.eventstore.log import EventLog
from chassis.messaging.inbox import Inbox, provenance_of
from chassis.messaging.telling import teller
from contracts.envelope import CloudEvent
from contracts.events import MESSAGES
from services.intake.application import Intake
from services.intake.application.linking import Linking, Statement
from services.intake.application.ports import Corrected, Parties
from services.intake.domain.petition import Petition
from services.intake.gateways.likeness import TextLikeness
from services.intake.gateways.vault import Vault
from services.intake.publishing import TELLINGS
from services.intake.readmodels.progress import has_begun
from services.intake.readmodels.proposals import Proposals
from services.intake.readmodels.register import RegisterTables
from services.responsibility.application import Responsibility
from services.responsibility.bootstrap import READING
from services.responsibility.domain.evidence import Registration
from services.responsibility.reactions import Reading, needs, reactions
from tests.builders import CLERK, Clock, actor, content, intake_command, person, raised
from tests.unit.intake.desk import VAULT_KEY, reader

_requests = count(1)
tell = teller("intake", TELLINGS)


class ContendedIntake(Intake):
    """One of several clerks: others take their steps between its loading and its deciding.

    Attributes:
        meanwhile: what the others do, once, after this one has loaded a petition.
    """

    meanwhile: Callable[[], None] | None = None

    def find(self, aggregate_class: Any, id_: Any) -> Any:
        found = super().find(aggregate_class, id_)
        meanwhile, self.meanwhile = self.meanwhile, None
        if aggregate_class is Petition and meanwhile is not None:
            meanwhile()
        return found


def contended_intake(environment: dict[str, str], clock: Clock) -> ContendedIntake:
    register = RegisterTables()
    read_models, vault = [register, Proposals()], Vault(VAULT_KEY)
    return ContendedIntake(
        environment, clock, read_models, register, vault, TextLikeness(), has_begun
    )


@dataclass
class Counter:
    """What clerks do at intake; each step has a request id of its own."""

    intake: Intake

    @property
    def linking(self) -> Linking:
        return Linking(self.intake, RegisterTables())

    def register(self, who: str, text: str, **changes: Any) -> dict[str, Any]:
        said = content(person(id_number=who), title=text, body=text)
        petition = raised(content=said, **changes)
        command = intake_command(f"register-{next(_requests)}")
        (outcome,) = self.intake.register_petitions([(command, petition)])
        assert isinstance(outcome, dict), outcome
        return outcome

    def link(self, number: str, of: str, by: str = CLERK) -> Any:
        who = actor(by)
        command = intake_command(f"link-{next(_requests)}", who)
        return self.linking.link(reader(who, "clerk"), command, number, of, Statement("同一事项"))

    def decline(self, number: str, by: str = CLERK) -> Any:
        who = actor(by)
        command = intake_command(f"decline-{next(_requests)}", who)
        return self.linking.decline(reader(who, "clerk"), command, number, Statement("诉求不同"))

    def unlink(self, number: str, by: str = CLERK) -> Any:
        who = actor(by)
        command = intake_command(f"unlink-{next(_requests)}", who)
        stated = Statement("诉求不同", "海信分〔2026〕1号")
        return self.linking.unlink(reader(who, "clerk"), command, number, stated)

    def correct(self, number: str, petition_class: str | None = None, **codes: Any) -> Any:
        who, command = actor(CLERK), intake_command(f"correct-{next(_requests)}")
        wrong = codes | ({"petition_class": petition_class} if petition_class else {})
        corrected = Corrected(wrong, {}, {}, "登记有误")
        return self.intake.correct_petition(command, reader(who), number, corrected)

    def name(self, number: str, *staff: str) -> Any:
        who, command = actor(CLERK), intake_command(f"name-{next(_requests)}")
        named = Parties(staff, (), "查阅附件后得知", "海信登〔2026〕31号")
        return self.intake.name_parties(command, reader(who), number, named)

    def events_after(self, source: str, position: int, limit: int) -> Sequence[CloudEvent]:
        """Return what intake tells, as its log does."""
        assert source == "intake"
        return [tell(each) for each in self.intake.log_of_events.select_recorded(position, limit)]

    def fetch(self, number: str) -> Sequence[tuple[Registration, Provenance]]:
        """Return the registration of a petition behind that of its original, as intake answers."""
        log = self.intake.log_of_events
        behind = [self._registration(log, self.intake.stream_of(number))]
        while original := behind[0].data["repeats"]:
            behind.insert(0, self._registration(log, UUID(original)))
        read = READING.registration_of
        return [(read(event), provenance_of(event, "responsibility")) for event in behind]

    @staticmethod
    def _registration(log: EventLog, stream: UUID) -> CloudEvent:
        return tell(log.select_recorded_of(stream)[0])

    def close(self) -> None:
        """It is here; nobody is asked."""


def inbox_from(counter: Counter, application: Responsibility, reading: Reading = READING) -> Inbox:
    """The inbox of responsibility that follows this intake."""
    return Inbox(
        application=application,
        service="responsibility",
        reactions=reactions(application, reading),
        needs=needs(application, reading),
        known=frozenset(MESSAGES),
        sources=("intake",),
        reader=counter,
    )

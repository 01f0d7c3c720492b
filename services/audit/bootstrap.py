"""Builds audit's rooms and fits them together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from chassis.environment import Variables
from chassis.eventstore.location import environment_for
from chassis.messaging.pace import SOON_S
from chassis.messaging.wiring import Wiring
from chassis.runtime.assembly import Assembly, rpc_caller
from chassis.runtime.losses import Followed
from chassis.runtime.surroundings import Surroundings
from chassis.runtime.ticking import Ticker
from contracts.events import MESSAGES
from services.audit.application import Audit
from services.audit.application.disclosing import Disclosing
from services.audit.application.ends import HeadsKeeper
from services.audit.application.ledger import Ledger
from services.audit.application.looking import Looking
from services.audit.application.notary import Notary
from services.audit.application.witnessing import Witness, Witnessing
from services.audit.domain.notes import Signer, verifier_key
from services.audit.gateways.signing import Ed25519Signer, signers_from
from services.audit.gateways.tilefiles import TileFiles
from services.audit.gateways.witnesses import FileWitness, witnesses_from
from services.audit.publishing import TELLINGS
from services.audit.reactions import reactions
from services.audit.readmodels.cosignatures import CosignatureTable
from services.audit.readmodels.ends import EndTables
from services.audit.readmodels.entering import enter
from services.audit.readmodels.evidence import EvidenceTables
from services.audit.readmodels.feed import FeedTables
from services.audit.readmodels.lists import FactLists
from services.audit.readmodels.matters import MatterTables
from services.audit.readmodels.timelines import TimelineTables
from services.audit.readmodels.trees import TreeTables
from services.audit.settings import (
    CHECKPOINT_EVERY_S,
    FILE_WITNESS,
    FOLLOWS,
    LEDGER_KEY,
    LEDGER_KEY_MEANING,
    NAME,
    WITNESS_FOLDER,
    WITNESSED_EVERY_S,
    WITNESSES,
    heads_every_s,
    ledger_folder_of,
    origin_of,
)


@dataclass(frozen=True)
class Rooms:
    """What the surface of audit works with."""

    audit: Audit
    ledger: Ledger
    looking: Looking
    disclosing: Disclosing
    feed: FeedTables
    matters: MatterTables
    assembly: Assembly


def build(surroundings: Surroundings) -> Rooms:
    """Build the rooms.

    Raises:
        SettingInvalid: a setting is missing or unusable.
    """
    timelines = TimelineTables()
    audit = Audit(
        environment_for(surroundings.database_url(NAME), NAME),
        surroundings.clock,
        [],
        timelines,
        EvidenceTables(),
    )
    signers = _signers(surroundings.variables)
    assembly = Assembly(
        service=NAME,
        application=audit,
        tellings=TELLINGS,
        surroundings=surroundings,
        relay_pace_s=SOON_S,
        caller=rpc_caller(surroundings, NAME),
        reactions=reactions(MESSAGES, timelines.take_in),
        keeping=enter,
        known=frozenset(MESSAGES),
        follows=FOLLOWS,
        followed=Followed(timelines.tables, frozenset(MESSAGES), timelines.made_by),
        tickers=[
            _ledger_ticker(audit, signers, surroundings),
            *_witness_tickers(audit, signers, surroundings),
        ],
    )
    keys = [verifier_key(signer) for signer in signers]
    ledger = Ledger(audit.log_of_events, TreeTables(), EvidenceTables(), keys)
    looking = Looking(audit.log_of_events, FactLists(), surroundings.clock)
    disclosing = Disclosing(audit, FactLists())
    return Rooms(audit, ledger, looking, disclosing, FeedTables(), MatterTables(), assembly)


def _signers(variables: Variables) -> list[Ed25519Signer]:
    keys = variables.required(LEDGER_KEY, LEDGER_KEY_MEANING)
    return signers_from(origin_of(variables), keys)


def _ledger_ticker(audit: Audit, signers: Sequence[Signer], surroundings: Surroundings) -> Ticker:
    """Return what signs the ledger and states the ends of its chains."""
    log_of_events, trees, variables = audit.log_of_events, TreeTables(), surroundings.variables
    files = TileFiles(ledger_folder_of(variables, surroundings.home))
    notary = Notary(log_of_events, trees, signers, files, surroundings.clock)
    heads = HeadsKeeper(
        log_of_events,
        trees,
        signers,
        EndTables(),
        audit.record_heads,
        heads_every_s(variables),
        monotonic,
    )
    return Ticker(log_of_events, "ledger", lambda: notary.work() + heads.work(), CHECKPOINT_EVERY_S)


def _witness_tickers(
    audit: Audit, signers: Sequence[Signer], surroundings: Surroundings
) -> Iterator[Ticker]:
    """Yield what asks the witnesses, where there are any."""
    log_of_events, variables = audit.log_of_events, surroundings.variables
    witnesses: list[Witness] = [*witnesses_from(variables.text(WITNESSES))]
    if folder := variables.text(WITNESS_FOLDER):
        witnesses.append(FileWitness(FILE_WITNESS, Path(folder), signers))
    if witnesses:
        witnessing = Witnessing(
            log_of_events,
            TreeTables(),
            witnesses,
            CosignatureTable(),
            TileFiles(ledger_folder_of(variables, surroundings.home)),
            surroundings.clock,
        )
        yield Ticker(log_of_events, "witnesses", witnessing.work, WITNESSED_EVERY_S)


def bootstrap(surroundings: Surroundings) -> Wiring:
    """Return audit, ready to be hosted."""
    rooms = build(surroundings)
    return rooms.assembly.wiring(rooms)

"""A process that ends at any step of being witnessed: one history, nothing stuck, resumed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from services.audit.application.witnessing import WITNESSED, Witness, Witnessing
from services.audit.gateways.tilefiles import TileFiles
from services.audit.gateways.witnesses import FileWitness, HttpWitness, WitnessKey
from services.audit.readmodels.cosignatures import CosignatureTable
from services.audit.verifier import COSIGNS, Key, Terms
from tests.builders import registered
from tests.integration.ledger.test_crashes import Ended, EndingFiles, Steps
from tests.unit.audit.ledgers import ORIGIN, LedgerDesk, attempts, said
from tests.unit.audit.witness_server import WitnessServer, serving
from tests.unit.stores import rows

# More than any round has; see the last test.
STEPS = 14


@dataclass
class EndingWitness:
    """The process ends before it asks, or before it has the answer."""

    witness: Witness
    steps: Steps

    @property
    def name(self) -> str:
        return self.witness.name

    def cosign(self, *arguments: Any) -> str:
        self.steps.step()
        line = self.witness.cosign(*arguments)
        self.steps.step()
        return line


@dataclass(frozen=True)
class EndingFileWitness(FileWitness):
    """It ends between any two of its own files."""

    steps: Steps = field(default_factory=lambda: Steps(0))

    def _write(self, *arguments: Any) -> None:
        self.steps.step()
        super()._write(*arguments)
        self.steps.step()


@dataclass
class EndingTable(CosignatureTable):
    steps: Steps

    def add(self, *arguments: Any) -> None:
        self.steps.step()
        super().add(*arguments)
        self.steps.step()


@dataclass
class Witnessed:
    """A ledger and one witness of it.

    Attributes:
        made: the witness, as a process has it that ends at one of its steps.
        public: returns the key of the witness.
    """

    ledger: LedgerDesk
    made: Callable[[Steps], Witness]
    public: Callable[[], str]

    def ask(self, steps: Steps) -> None:
        """Have one process ask, with the steps that it has left."""
        ledger = self.ledger
        files = EndingFiles(TileFiles(ledger.folder), steps)
        witness = EndingWitness(self.made(steps), steps)
        Witnessing(
            ledger.log, ledger.trees, [witness], EndingTable(steps), files, ledger.desk.clock
        ).work()

    def grow(self, count: int, first: int) -> None:
        self.ledger.take_in(*attempts(count, first=first))
        self.ledger.sign()

    def check(self) -> None:
        """What is published is all that there is, and was signed by one key, once for each size."""
        note = (self.ledger.folder / WITNESSED).read_text()
        terms = Terms(self.ledger.terms.keys, note, [Key.read(self.public(), COSIGNS)])
        status, text = said(str(self.ledger.folder), terms)
        assert status == 0, text
        assert note.startswith(self.ledger.note())
        assert note.count("\n— ") == 2
        kept = [row[:2] for row in rows(self.ledger.desk.application, "ledger_cosignature")]
        assert len(kept) == len(set(kept))


@pytest.fixture(params=["server", "folder"])
def witnessed(
    request: pytest.FixtureRequest, ledger: LedgerDesk, tmp_path: Path
) -> Iterator[Witnessed]:
    ledger.take_in(registered(1), *attempts(5))
    ledger.sign()
    folder = tmp_path / "witness"
    if request.param == "folder":
        yield Witnessed(
            ledger,
            lambda steps: EndingFileWitness("file-witness", folder, ledger.signers, steps=steps),
            lambda: (folder / "key.public").read_text().strip(),
        )
        return
    server = WitnessServer(ORIGIN, ledger.signers[0].public)
    http, url = serving(server)
    with httpx.Client(timeout=5) as client:
        witness = HttpWitness(WitnessKey.read(server.public), url, client)
        yield Witnessed(ledger, lambda _steps: witness, lambda: server.public)
    http.shutdown()
    http.server_close()
    assert one_text_for_each_size(server.asked)


def one_text_for_each_size(asked: list[str]) -> bool:
    """Tell whether a witness was never shown two checkpoints of one size."""
    texts = {body.partition("\n\n")[2].partition("\n\n")[0] for body in asked}
    return len({text.split("\n")[1] for text in texts}) == len(texts)


@pytest.mark.parametrize("last", range(1, STEPS))
@pytest.mark.parametrize("grows", [False, True], ids=["stands still", "grows meanwhile"])
def test_the_first_time(witnessed: Witnessed, last: int, grows: bool):  # noqa: FBT001 - a row
    """Its key is made, and what it has seen is written down, in whatever order it ends."""
    ended(witnessed, last)
    if grows:
        witnessed.grow(3, 6)
    with capture_logs() as lines:
        witnessed.ask(Steps(0))
    assert [line["event"] for line in lines if line["log_level"] != "info"] == []
    witnessed.check()


@pytest.mark.parametrize("last", range(1, STEPS))
def test_a_later_time(witnessed: Witnessed, last: int):
    """It has a key and has seen the ledger; what was published before stays until it is whole."""
    witnessed.ask(Steps(0))
    before = (witnessed.ledger.folder / WITNESSED).read_text()
    key = witnessed.public()
    witnessed.grow(300, 6)
    ended(witnessed, last)
    if (witnessed.ledger.folder / WITNESSED).read_text() == before:
        # Nothing half: the older one still verifies under the ledger that has grown.
        terms = Terms(witnessed.ledger.terms.keys, before, [Key.read(key, COSIGNS)])
        assert said(str(witnessed.ledger.folder), terms)[0] == 0
    witnessed.grow(2, 306)
    witnessed.ask(Steps(0))
    assert witnessed.public() == key
    witnessed.check()


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 4), (4, 2), (5, 5), (8, 3), (10, 9)])
def test_twice_in_a_row(witnessed: Witnessed, first: int, second: int):
    """The one that resumes ends as well."""
    for last in (first, second):
        ended(witnessed, last)
    witnessed.grow(1, 6)
    witnessed.ask(Steps(0))
    witnessed.check()


def ended(witnessed: Witnessed, last: int) -> None:
    try:
        witnessed.ask(Steps(last))
    except Ended:
        return


def test_every_step_was_tried(witnessed: Witnessed):
    """There are fewer than are tried: the round comes to its end."""
    steps = Steps(0)
    witnessed.ask(steps)
    assert 6 <= steps.done < STEPS


@pytest.mark.parametrize("name", [".seen.new", ".key.new", ".key.public.new"])
def test_a_draft_that_was_left_is_written_over(ledger: LedgerDesk, tmp_path: Path, name: str):
    """A process that ended within the writing of a file."""
    ledger.take_in(registered(1))
    ledger.sign()
    witness = FileWitness("file-witness", tmp_path / "witness", ledger.signers)
    witness.folder.mkdir()
    (witness.folder / name).write_bytes(b"half")
    assert witness.cosign(0, [], ledger.note())
    assert Key.read((witness.folder / "key.public").read_text().strip(), COSIGNS)

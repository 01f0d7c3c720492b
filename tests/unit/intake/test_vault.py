"""The vault: unreadable without its keys, unmovable, forgettable; the commitment stays."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap

from services.intake.domain.refusals import ContentErased
from services.intake.gateways.content import Content, commitment
from services.intake.gateways.vault import Vault, VaultKeyInvalid
from tests.builders import CLERK, actor, content, number, person, raised
from tests.unit.intake.desk import VAULT_KEY, Desk, reader

VAULT = Vault(VAULT_KEY)
SALT = bytes(32)


def opened(desk: Desk, petition_id: str, vault: Vault = VAULT) -> Content:
    with desk.application.log_of_events.reading() as transaction:
        return vault.open(transaction, petition_id)


def execute(desk: Desk, sql: str, *params: str) -> None:
    desk.application.log_of_events.transact(lambda transaction: transaction.execute(sql, params))


class TestKeeping:
    def test_gives_back_what_it_was_given(self, desk: Desk):
        """Text and all persons, each in his role and order."""
        people = {"representative": [person(name="甲"), person(name="乙")], "agent": [person()]}
        given = content(persons=people)
        id_ = desk.registered(raised(content=given, headcount=4))["petition_id"]
        found = opened(desk, id_)
        assert found.persons == given.persons
        assert {**found.text, "salt": ""} == {**given.text, "salt": ""}

    def test_stores_nothing_that_can_be_read(self, desk: Desk):
        """Neither text nor names stand in any table."""
        desk.registered()
        with desk.application.log_of_events.reading() as transaction:
            kept = transaction.query("SELECT * FROM vault")
            keys = transaction.query("SELECT * FROM petitioner_key")
        stored = repr((kept, keys))
        for secret in ("沈阿根", "15400001234", "330424195503120013", "渗水"):
            assert secret not in stored
            assert repr(secret.encode())[2:-1] not in stored

    def test_uses_one_key_for_each_petitioner(self, desk: Desk):
        """Two petitions of one person, one key; a stranger has his own."""
        desk.register(raised(), raised(content=content(title="养老金少发三个月")))
        neighbour = person(name="王阿水", id_number="330424196001010028")
        desk.registered(raised(content=content(neighbour)))
        with desk.application.log_of_events.reading() as transaction:
            assert transaction.query("SELECT count(*) FROM petitioner_key") == [(2,)]


class TestACiphertext:
    def test_cannot_be_moved_to_another_petition(self, desk: Desk):
        """Same person, same key; the place is part of it."""
        one = desk.registered()["petition_id"]
        other = desk.registered(raised(content=content(title="养老金少发三个月")))["petition_id"]
        execute(
            desk,
            "UPDATE vault SET ciphertext = (SELECT ciphertext FROM vault"
            " WHERE petition_id = ? AND role = 'text') WHERE petition_id = ? AND role = 'text'",
            one,
            other,
        )
        assert opened(desk, one).text["title"] == "小区外墙渗水两年无人修"
        with pytest.raises(InvalidTag):
            opened(desk, other)

    def test_cannot_be_moved_to_another_role(self, desk: Desk):
        """A petitioner does not become the agent of his own petition."""
        id_ = desk.registered()["petition_id"]
        execute(desk, "UPDATE vault SET role = 'agent' WHERE role = 'petitioner'")
        with pytest.raises(InvalidTag):
            opened(desk, id_)

    def test_cannot_be_altered(self, desk: Desk):
        """One bit is enough."""
        id_ = desk.registered()["petition_id"]

        def flip(transaction):
            ((sealed,),) = transaction.query("SELECT ciphertext FROM vault WHERE role = 'text'")
            flipped = bytes(sealed[:-1]) + bytes([sealed[-1] ^ 1])
            transaction.execute("UPDATE vault SET ciphertext = ? WHERE role = 'text'", (flipped,))

        desk.application.log_of_events.transact(flip)
        with pytest.raises(InvalidTag):
            opened(desk, id_)

    def test_does_not_open_with_another_vault_key(self, desk: Desk):
        """The database alone is worth nothing."""
        id_ = desk.registered()["petition_id"]
        with pytest.raises(InvalidUnwrap):
            opened(desk, id_, Vault(bytes(32)))


class TestForgettingAPerson:
    def test_makes_his_content_unreadable_and_leaves_the_proof(self, desk: Desk):
        """His key is destroyed: the commitment in the log is what it was."""
        id_ = desk.registered()["petition_id"]
        before = desk.facts()
        execute(desk, "DELETE FROM petitioner_key")
        with pytest.raises(ContentErased) as refused:
            opened(desk, id_)
        assert refused.value.fields == {"petitioner": "the key was destroyed"}
        assert desk.facts() == before

    def test_refuses_to_read_and_leaves_no_reading_on_record(self, desk: Desk):
        """Nothing was read; the refusal has a code of its own."""
        number_ = desk.registered()["number"]
        execute(desk, "DELETE FROM petitioner_key")
        with pytest.raises(ContentErased):
            desk.application.read_content(reader(actor(CLERK)), number_)
        assert len(desk.facts()) == 1

    def test_leaves_everything_else_of_the_petition(self, desk: Desk):
        """What is on record without content, and where it stands for who has the query code."""
        number_ = desk.registered()["number"]
        execute(desk, "DELETE FROM petitioner_key")
        row = desk.application.petition(reader(actor(CLERK)), number_)
        assert row["number"] == number_
        status = desk.application.status(actor(CLERK), number_, VAULT.query_code(number_))
        assert status["state"] == "registered"
        assert str(desk.application.stream_of(number_)) == row["petition_id"]

    def test_does_not_hinder_him_from_coming_again(self, desk: Desk):
        """With a new key that opens the new petition and not the old one.

        What the old one said cannot be compared any more, so a clerk decides.
        """
        gone = desk.registered()
        execute(desk, "DELETE FROM petitioner_key")
        new = desk.registered()
        assert new["may_repeat"] == gone["number"]
        assert opened(desk, new["petition_id"]).principal == person()
        with pytest.raises(ContentErased):
            opened(desk, gone["petition_id"])

    def test_leaves_the_others_readable(self, desk: Desk):
        """One key each."""
        neighbour = person(name="王阿水", id_number="330424196001010028")
        gone, kept = desk.register(raised(), raised(content=content(neighbour)))
        execute(
            desk,
            "DELETE FROM petitioner_key WHERE petitioner_id IN"
            " (SELECT petitioner_id FROM vault WHERE petition_id = ?)",
            gone["petition_id"],
        )
        assert opened(desk, kept["petition_id"]).principal == neighbour


class TestTheCommitment:
    def test_can_be_verified_by_whoever_has_the_content(self, desk: Desk):
        """With the salt that is kept beside it, and nothing but SHA-256."""
        id_ = desk.registered()["petition_id"]
        found = opened(desk, id_)
        text = dict(found.text)
        salt = bytes.fromhex(text.pop("salt"))
        canonical = json.dumps(
            {"text": text, "persons": found.persons},
            sort_keys=True,
            ensure_ascii=False,
            separators=(",", ":"),
        )
        assert desk.facts()[0].commitment == sha256(salt + canonical.encode()).hexdigest()

    def test_changes_with_every_word(self):
        """Another word, another person, another salt."""
        made = {
            commitment(SALT, content()),
            commitment(SALT, content(body="多次反映,已有答复。")),
            commitment(SALT, content(person(address="别处"))),
            commitment(bytes([1] * 32), content()),
        }
        assert len(made) == 4

    def test_of_the_same_content_is_another_each_time(self, desk: Desk):
        """So that nobody can guess what a petition says by trying."""
        desk.register(raised(), raised())
        one, other = desk.registrations()
        assert one.commitment != other.commitment


class TestTheQueryCode:
    def test_belongs_to_one_number(self):
        """The code of one petition does not open another."""
        code = VAULT.query_code(number(1))
        assert VAULT.is_query_code(number(1), code)
        assert not VAULT.is_query_code(number(2), code)

    def test_is_read_as_people_type_it(self):
        """Small letters, a space in front."""
        assert VAULT.is_query_code(number(1), f" {VAULT.query_code(number(1)).lower()}")

    @pytest.mark.parametrize("code", ["", "x", "查询码查询码查询码查", "A" * 10])
    def test_a_wrong_one_is_wrong(self, code: str):
        """Whatever characters it has."""
        assert not VAULT.is_query_code(number(1), code)


class TestTheVaultKey:
    def test_is_32_bytes_in_base64(self):
        """As the environment gives it."""
        vault = Vault.from_text(urlsafe_b64encode(VAULT_KEY).decode())
        assert vault.query_code(number(1)) == VAULT.query_code(number(1))

    @pytest.mark.parametrize("key", ["", "short", "密", urlsafe_b64encode(bytes(31)).decode()])
    def test_is_refused_at_the_start_when_it_is_not(self, key: str):
        """Not at the first petition."""
        with pytest.raises(VaultKeyInvalid):
            Vault.from_text(key)

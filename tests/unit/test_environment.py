"""Settings from outside: each failure names its variable and the way out, and shows no secret."""

import pytest

from chassis.environment import SettingInvalid, Variables, without_password
from chassis.runtime.surroundings import amqp_uri, database_url


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@h/d",
        "postgres://h:5432/d",
        "postgresql:///d?host=/var/run/postgresql",
        "postgresql://u:p@one:5432,two:5432/d?target_session_attrs=read-write",
    ],
)
def test_every_address_that_libpq_takes_is_a_database(url: str) -> None:
    assert database_url(Variables({"SHOUWEN_DATABASE_URL": url})) == url


@pytest.mark.parametrize("value", ["geheim", "mysql://u:geheim@h/d", "postgresql:geheim", "://"])
def test_what_is_no_database_is_refused_by_name_and_not_shown(value: str) -> None:
    with pytest.raises(SettingInvalid, match=r"SHOUWEN_DATABASE_URL .* postgresql://") as refused:
        database_url(Variables({"SHOUWEN_DATABASE_URL": value}))
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("value", ["localhost:5672", "http://u:geheim@h"])
def test_what_is_no_broker_is_refused_by_name_and_not_shown(value: str) -> None:
    with pytest.raises(SettingInvalid, match=r"SHOUWEN_AMQP_URI .* amqp://") as refused:
        amqp_uri(Variables({"SHOUWEN_AMQP_URI": value}))
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize("value", ["", "  "])
def test_what_is_not_set_is_empty(value: str) -> None:
    assert amqp_uri(Variables({"SHOUWEN_AMQP_URI": value})) == ""


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("amqp://u:p@h:5672/v", "amqp://u:***@h:5672/v"),
        ("postgresql://u:p%40@one:1,two:2/d", "postgresql://u:***@one:1,two:2/d"),
        ("amqp://u:p@h;amqp://v:q@i", "amqp://u:***@h;amqp://v:***@i"),
        ("amqp://u:p@ss@h/v", "amqp://u:***@h/v"),
        ("amqp://u:p/ss@h/v", "amqp://u:***@h/v"),
        ("amqp://h:5672/a:b", "amqp://h:5672/a:b"),
        ("sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
    ],
)
def test_a_url_is_shown_without_its_password(url: str, shown: str) -> None:
    assert without_password(url) == shown

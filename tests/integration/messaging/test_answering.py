import json
import logging

import eventlet
import pytest
from nameko.exceptions import RemoteError, UnknownService
from structlog.testing import capture_logs

from chassis.messaging.answering import log_answer
from tests.integration.messaging.parts import request_body, wait_until


@pytest.fixture(autouse=True)
def service(rig):
    return rig.answering()


def refusal(call, *args, **kwargs):
    with pytest.raises(RemoteError) as raised:
        call(*args, **kwargs)
    return raised.value.exc_type, raised.value.value["fields"]


def _answered(lines):
    return [line for line in lines if line["event"] == "rpc_answered"]


class TestAnswer:
    def test_a_plain_nameko_client_is_answered(self, rig):
        with rig.proxy() as service:
            assert service.echo(text="问", times=2) == {"text": "问问", "caller": "anonymous"}

    def test_the_caller_comes_from_the_token(self, rig):
        with rig.proxy(auth_token="staff-7:clerk") as service:
            assert service.echo_to_clerks(text="a")["caller"] == "staff-7"

    def test_one_line_per_call_without_its_values(self, rig):
        with rig.proxy(correlation_id="call-1") as service, capture_logs() as lines:
            service.echo(text="my secret")
            wait_until(lambda: lines)
        (line,) = [line for line in lines if line["event"] == "rpc_answered"]
        assert (line["method"], line["code"], line["actor"]) == ("echo", "ok", "anonymous")
        assert "secret" not in json.dumps(lines)

    def test_a_correlation_id_that_is_none_is_replaced(self, rig):
        with rig.proxy(correlation_id="x" * 500) as service:
            _, fields = refusal(service.break_down, text="a")
        assert len(fields["correlation_id"]) == 36

    def test_duplicates_are_answered_twice(self, rig):
        for _ in range(2):
            rig.request(request_body(text="twice"), reply_to="nobody", correlation_id="1")
        wait_until(lambda: rig.rooms.said == ["twice", "twice"])


class TestRefusal:
    def test_a_domain_refusal_travels_by_code(self, rig):
        with rig.proxy() as service:
            assert refusal(service.refuse, text="a") == ("case_closed", {"since": "2026-11-24"})

    def test_a_role_is_needed(self, rig):
        with rig.proxy(auth_token="staff-7:handler") as service:
            code, fields = refusal(service.echo_to_clerks, text="a")
        assert (code, fields) == ("role_not_allowed", {"roles": ["clerk"]})

    def test_who_was_refused_by_role_is_in_the_line(self, rig):
        """An operator sees who tries what he may not; without a token it was nobody."""
        with capture_logs() as lines:
            for context in ({"auth_token": "staff-7:handler"}, {}):
                with rig.proxy(**context) as service:
                    refusal(service.echo_to_clerks, text="a")
            wait_until(lambda: len(_answered(lines)) == 2)
        assert [(line["code"], line["actor"]) for line in _answered(lines)] == [
            ("role_not_allowed", "staff-7"),
            ("token_missing", "anonymous"),
        ]

    def test_a_token_is_needed(self, rig):
        with rig.proxy() as service:
            assert refusal(service.echo_to_clerks, text="a")[0] == "token_missing"

    def test_a_fault_is_internal_and_tells_nothing(self, rig, caplog):
        caplog.set_level(logging.DEBUG)
        with (
            rig.proxy(correlation_id="call-9") as service,
            capture_logs() as lines,
            pytest.raises(RemoteError) as raised,
        ):
            service.break_down(text="petitioner")
        assert raised.value.exc_type == "internal"
        assert raised.value.value["fields"] == {"correlation_id": "call-9"}
        (fault,) = [line for line in lines if line["event"] == "rpc_fault"]
        assert "builtins.RuntimeError" in fault["broken_at"]
        # The client in this process writes the answer that it got to `nameko.rpc`.
        of_service = [each for each in caplog.records if each.name != "nameko.rpc"]
        told = json.dumps(lines) + "".join(each.getMessage() for each in of_service)
        assert "secret" not in told
        assert "petitioner" not in told

    def test_a_lost_database_is_unavailable(self, rig):
        with rig.proxy() as service:
            assert refusal(service.lose_database, text="a") == ("unavailable", {})

    def test_an_answer_that_cannot_be_written_is_internal(self, rig):
        with rig.proxy() as service:
            assert refusal(service.return_nonsense, text="a")[0] == "internal"

    def test_no_module_path_is_sent(self, rig):
        rig.channel.queue_declare(queue=f"{rig.service}.reply", arguments={}, auto_delete=False)
        queue = f"{rig.service}.reply"
        rig.channel.queue_bind(queue, exchange="nameko-rpc", routing_key=queue)
        rig.request(request_body(text="a"), "break_down", reply_to=queue, correlation_id="7")
        wait_until(lambda: rig.size(queue))
        reply = rig.take(queue)
        rig.channel.queue_delete(queue)
        error = json.loads(reply.body)["error"]
        assert error["exc_path"] == "shouwen/internal"
        assert error["exc_args"] == []
        assert reply.properties["correlation_id"] == "7"


class TestRequest:
    @pytest.mark.parametrize(
        ("kwargs", "path"),
        [
            ({"text": 3}, "text"),
            ({}, "text"),
            ({"text": "a", "more": 1}, "more"),
            ({"text": "a", "people": [{"name": "b"}, {"name": 1}]}, "people[1].name"),
            ({"text": "a", "people": [{}]}, "people[0].name"),
            ({"text": "a", "people": [{"name": "b", "age": 1}]}, "people[0].age"),
            ({"text": "a\x00"}, "text"),
            ({"text": "\ud800"}, "text"),
            ({"text": "a", "extra": {"b": ["\udfff"]}}, "extra.b[0]"),
            ({"text": "a", "extra": {"b\x00": 1}}, "extra.b?"),
            ({"text": "a", "times": True}, "times"),
        ],
    )
    def test_what_is_wrong_is_named_by_its_path(self, rig, kwargs, path):
        with rig.proxy() as service:
            code, fields = refusal(service.echo, **kwargs)
        assert (code, list(fields)) == ("bad_value", [path])

    def test_depth_is_bounded(self, rig):
        deep: dict = {}
        for _ in range(100):
            deep = {"a": deep}
        with rig.proxy() as service:
            code, fields = refusal(service.echo, text="a", extra=deep)
        assert code == "bad_value"
        assert "nested" in next(iter(fields.values()))

    def test_arguments_are_given_by_name(self, rig):
        with rig.proxy() as service:
            assert refusal(service.echo, "a")[0] == "malformed"

    def test_the_method_is_known(self, rig):
        with rig.proxy() as service:
            assert refusal(service.nope, text="a") == ("method_unknown", {"method": "nope"})

    def test_an_unknown_service_is_noticed_every_time(self, rig):
        with rig.proxy() as service:
            service.service_name = "nobody"
            for _ in range(3):
                with pytest.raises(UnknownService):
                    service.echo(text="a")


class TestGuards:
    """What kills or silently empties a plain nameko service."""

    @pytest.mark.parametrize(
        ("body", "properties"),
        [
            (request_body(text="a"), {}),
            (b"\xff{", {"reply_to": "nobody"}),
            (b"[" * 100_000, {"reply_to": "nobody"}),
            (b'{"args": [], "kwargs": {"text": NaN}}', {"reply_to": "nobody"}),
            (b"", {"reply_to": "nobody"}),
        ],
        ids=["no reply_to", "undecodable", "bottomless", "not a number", "empty"],
    )
    def test_what_cannot_be_answered_is_kept(self, rig, service, body, properties):
        rig.request(body, **properties)
        wait_until(lambda: rig.dead() == 1)
        with rig.proxy() as client:
            assert client.echo(text="a")["text"] == "a"
        service.stop()
        rig.answering()
        with rig.proxy() as client:
            assert client.echo(text="b")["text"] == "b"
        assert rig.dead() == 1
        assert rig.size(f"rpc-{rig.service}") == 0

    @pytest.mark.parametrize("body", [request_body(text="沈问渠"), "沈问渠{".encode()])
    def test_what_is_kept_names_nobody(self, rig, service, body):
        """Of a request that went wrong stays when it came and why, not what it said."""
        properties = {} if body.startswith(b"{") else {"reply_to": "nobody"}
        rig.request(body, **properties)
        wait_until(lambda: rig.dead() == 1)
        kept = rig.take(f"shouwen.{rig.service}.dead")
        assert set(json.loads(kept.body)) == {"bytes", "sha256"}
        assert kept.headers["shouwen-reason"]
        assert not [name for name in kept.headers if "token" in name]

    @pytest.mark.parametrize("body", [b"3", b"{}", b'{"args": {}, "kwargs": 1}'])
    def test_a_body_of_another_form_is_answered(self, rig, body):
        rig.request(body, reply_to="nobody", correlation_id="1")
        with rig.proxy() as client:
            assert client.echo(text="a")["text"] == "a"
        assert rig.size(f"rpc-{rig.service}") == 0

    def test_a_vanished_reply_queue_does_no_harm(self, rig):
        rig.request(request_body(text="lost"), reply_to="gone", correlation_id="1")
        wait_until(lambda: rig.rooms.said == ["lost"])
        with rig.proxy() as client:
            assert client.echo(text="a")["text"] == "a"

    def test_hostile_headers_do_no_harm(self, rig):
        message = rig.channel.prepare_message(
            request_body(text="a"),
            content_type="application/json",
            content_encoding="utf-8",
            headers={
                "nameko.call_id_stack": 5,
                "nameko.auth_token": 7,
                "nameko.correlation_id": {"a": 1},
                "compression": "no such compression",
            },
            properties={"reply_to": "nobody"},
        )
        rig.channel.basic_publish(message, exchange="nameko-rpc", routing_key=f"{rig.service}.echo")
        wait_until(lambda: rig.dead() == 1)
        with rig.proxy() as client:
            assert client.echo(text="b")["text"] == "b"


class TestStop:
    def test_the_request_in_hand_is_answered(self, rig, service):
        with rig.proxy() as client:
            pending = client.wait.call_async(text="slow")
            wait_until(lambda: rig.rooms.said == ["slow"])
            stopping = eventlet.spawn(service.stop)
            eventlet.sleep(0.6)
            rig.rooms.gate.send()
            assert stopping.wait() is True
            assert pending.result() == "waited"
        assert rig.size(f"rpc-{rig.service}") == 0


@pytest.mark.parametrize(
    ("method", "code", "level"),
    [
        ("log", "ok", "debug"),
        ("log", "unavailable", "info"),
        ("receive", "ok", "info"),
    ],
)
def test_that_services_follow_one_another_is_not_worth_a_line(method, code, level):
    """They ask every few seconds, also when nothing happens; a refusal is."""
    with capture_logs() as lines:
        log_answer(method, code, "service:audit", 0.0)
    assert [line["log_level"] for line in lines] == [level]

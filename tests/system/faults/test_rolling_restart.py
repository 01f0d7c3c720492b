"""Two processes of each service are restarted one after the other, under load."""

import json
from random import Random
from time import monotonic

import eventlet

from tests.system.faults.checker import refused_wrongly
from tests.system.faults.history import request_ids
from tests.system.faults.installation import Instance, wait_until
from tests.system.faults.load import Load
from tests.system.faults.rounds import RECOVERY_LIMIT_S, Campaign


def test_no_call_is_refused_or_left_without_an_answer(pairs: Campaign):
    """What a stopping process has in hand it answers; the rest goes to its twin."""
    instances = pairs.installation.instances.values()
    for instance in instances:
        _await_start(instance)
    stopping: list[bool] = []
    load = eventlet.spawn(_live_until, stopping, pairs)
    try:
        for instance in instances:
            assert instance.stop() == 0, instance.name
            instance.start()
            _await_start(instance)
    finally:
        stopping.append(True)
        load.wait()
    outcomes = pairs.history.outcomes
    assert outcomes["unknown"] == 0
    # Nor may anything be busy, though the client would come again.
    assert list(refused_wrongly(pairs.history.calls, always=frozenset())) == []
    assert outcomes["ok"] > 200
    pairs.await_quiet()
    pairs.check_all()


def _live_until(stopping: list[bool], campaign: Campaign) -> None:
    rng = Random(campaign.seed)
    while not stopping:
        load = Load(campaign.callers, rng, monotonic() + RECOVERY_LIMIT_S)
        load.start(at_once=3)
        load.finish()
    for call in campaign.history.calls:
        campaign.asked.update(request_ids(call.arguments))


def _await_start(instance: Instance) -> None:
    wait_until(lambda: _started(instance), 60, f"{instance.name} is up")


def _started(instance: Instance) -> bool:
    """Tell whether this very process has started; its twin answers for the service."""
    log = instance.log.read_text().splitlines()
    events = [json.loads(line)["event"] for line in log if line.startswith("{")]
    marks = [event for event in events if event in {"services_started", "services_stopped"}]
    return bool(marks) and marks[-1] == "services_started"

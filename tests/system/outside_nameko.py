"""An agency's own program: nameko's client, nothing of ours. Prints what it was told, as JSON."""

import json
import sys

from nameko.exceptions import RemoteError
from nameko.standalone.rpc import ClusterRpcProxy

OURS = ("chassis", "contracts", "services", "shouwen", "tests")


def main(amqp_uri: str, tokens: dict[str, str], office: str, request: str) -> dict:
    def speaking(who: str) -> ClusterRpcProxy:
        config, context = {"AMQP_URI": amqp_uri}, {"auth_token": tokens[who]}
        return ClusterRpcProxy(config, context_data=context, timeout=60)

    told = {}
    with speaking("clerk") as clerk:
        told["registered"] = clerk.intake.register(
            request_id=f"{request}-register",
            office=office,
            channel="visit",
            petition_class="appeal",
            category="城乡建设/物业管理",
            title="电梯停运",
            body="电梯停运三周。",
            occurred_at="2026-10-09T09:30:00+08:00",
            petitioner={"name": request},
        )
    number = told["registered"]["number"]
    with speaking("leader") as leader:
        told["received"] = leader.responsibility.receive(
            request_id=f"{request}-receive", number=number
        )
        told["owner"] = leader.responsibility.owner_of(number=number)
        told["closed"] = leader.responsibility.close(
            request_id=f"{request}-close",
            number=number,
            outcome="settled",
            reply_document="D-1",
            follow_up_visit_at="2026-10-20T09:00:00+08:00",
            evaluation_asked_at="2026-10-20T09:00:00+08:00",
        )
        try:
            leader.audit.replay(number=number)
        except RemoteError as refused:
            told["refused"] = [refused.exc_type, refused.value]
    with speaking("auditor") as auditor:
        told["history"] = auditor.audit.replay(number=number)
    return told


if __name__ == "__main__":
    answers = main(*json.loads(sys.stdin.read()))
    answers["ours"] = [name for name in sys.modules if name.partition(".")[0] in OURS]
    json.dump(answers, sys.stdout)

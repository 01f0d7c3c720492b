"""What can be asked of each service: one `Method` per question or command, with its shapes.

Every method is plain nameko RPC with keyword arguments: the fields of its request. Commands take a
`request_id` chosen by the caller; the same id with the same content is answered as before, however
often it is sent, and changes nothing more. Times are ISO 8601 with an offset.
"""

from collections.abc import Mapping
from typing import Any, Final

from contracts.rpc import audit, course, intake, notify, responsibility, upkeep
from contracts.rpc.method import Method

_ALL: Final[tuple[Method[Any, Any], ...]] = (
    *intake.METHODS,
    *responsibility.METHODS,
    *course.METHODS,
    *notify.METHODS,
    *audit.METHODS,
    *upkeep.LOG.values(),
    *upkeep.HEALTH.values(),
    *upkeep.PARKED.values(),
    *upkeep.REDRIVE.values(),
)

METHODS: Final[Mapping[str, Method[Any, Any]]] = {method.path: method for method in _ALL}

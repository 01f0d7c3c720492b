"""Structured logs: one wide line per handled message, no personal data.

JSON on a pipe or file, a readable form on a terminal. Everything goes to standard error: standard
output belongs to answers. The correlation id is bound once per call or message and appears on
every line, in RPC headers and on events.
"""

import logging
import sys
from typing import Any, Final

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

QUIET_LOGGERS: Final = {
    # nameko prints the arguments and tracebacks of calls, which may hold personal data; our own
    # wide line says what an operator needs.
    "nameko.containers": logging.CRITICAL,
    "nameko": logging.WARNING,
    "kombu": logging.WARNING,
    "amqp": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "alembic": logging.WARNING,
}


def configure_logging(level: str = "INFO", *, service: str = "") -> None:
    """Send structlog and the standard library's loggers through one chain to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if service:
        shared.insert(0, _named(service))
    terminal = sys.stderr.isatty()
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if terminal
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([] if terminal else [structlog.processors.format_exc_info]),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, least in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(least)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _named(service: str) -> Any:
    def add_service(_logger: Any, _method: str, line: dict[str, Any]) -> dict[str, Any]:
        line.setdefault("service", service)
        return line

    return add_service


def begin_handling(correlation_id: str) -> None:
    """Forget what the last message bound and bind the correlation id of this one."""
    clear_contextvars()
    bind_contextvars(correlation_id=correlation_id)


def current_correlation_id() -> str:
    """Return the correlation id of the message in hand, empty outside one."""
    return str(get_contextvars().get("correlation_id", ""))

"""Logs: what happened and where in the code, never a value.

A traceback here is a list of places. Neither an exception's message nor a local variable is written:
both may hold somebody's data.
"""

import logging
import sys
import traceback
from typing import Any

import structlog


def configure() -> None:
    """One JSON line an event, on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _places,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    left = logging.getLogger("asyncio")
    left.handlers[:], left.propagate = [_LeftBehind()], False


class _LeftBehind(logging.Handler):
    """What a task ended with that nobody waited for: the loop would write its words down, and the future's with them."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().error("left behind", exc_info=error)


def _places(_: Any, __: str, event: Any) -> Any:
    """In place of a traceback: the exception's kind and the places it came through."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["kind"] = type(error).__name__
        event["places"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return event

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
    others = logging.getLogger()
    others.handlers[:] = [_Others()]
    others.setLevel(logging.WARNING)


class _Others(logging.Handler):
    """What libraries and the loop would say: which, and where in its code. Their words hold addresses, values, names of
    tasks; and what a task ended with that nobody waited for is said with its places."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        event = "a library warns" if error is None else "left behind"
        place = f"{record.filename}:{record.lineno} {record.funcName}"
        structlog.get_logger().log(record.levelno, event, library=record.name, place=place, exc_info=error)


def _places(_: Any, __: str, event: Any) -> Any:
    """In place of a traceback: the exception's kind and the places it came through."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["kind"] = type(error).__name__
        event["places"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return event

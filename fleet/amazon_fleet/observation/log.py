"""The log of a worker and of its runs: a line of JSON each, which names the account and the run."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TextIO

from typing_extensions import override

_CHATTY = ("httpx", "httpcore", "procrastinate")
_METRICS = "singer_sdk.metrics"


class JsonLines(logging.Formatter):
    """A record as a line of JSON.

    Args:
        facts: What stands in every line, such as ``account`` and ``run``.
    """

    def __init__(self, **facts: object) -> None:
        super().__init__()
        self._facts = facts

    @override
    def format(self, record: logging.LogRecord) -> str:
        """One line: time (UTC), level, logger, message, and the facts."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **self._facts,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def _is_for_people(record: logging.LogRecord) -> bool:
    """Whether a line is none of the SDK's metrics, whose level each tap sets again."""
    return record.name != _METRICS


def configure(stream: TextIO, level: int = logging.INFO, **facts: object) -> None:
    """Have the log of this process go to a stream, with these facts in each line."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(**facts))
    handler.addFilter(_is_for_people)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)

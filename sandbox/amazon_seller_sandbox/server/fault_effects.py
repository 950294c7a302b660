"""What a fault does to a call: another answer, none at all, or damage to the right one."""

from __future__ import annotations

import gzip
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from amazon_seller_sandbox.clock import http_date
from amazon_seller_sandbox.server.answers import Answer, length_within_line
from amazon_seller_sandbox.state.faults import ANSWERS, DAMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.state.faults import AnswerFault, Fault
    from amazon_seller_sandbox.state.sandbox import Sandbox


def replaced(
    fault: Fault | None, headers: dict[str, str], answers: Mapping[str, AnswerFault] = ANSWERS
) -> Answer | None:
    """Return the answer that a fault puts in the place of the right one; the call is not done."""
    if fault is None:
        return None
    damage = DAMAGES.get(fault.name)
    if damage is not None and damage.undone:
        return Answer(0)
    found = answers.get(fault.name)
    if found is None:
        return None
    more = {"retry-after": str(math.ceil(fault.seconds))} if found.retry_after else {}
    content_type = {"content-type": found.content_type}
    return Answer(found.status, found.body.encode(), content_type | headers | more)


def with_shifted_row(answer: Answer) -> Answer:
    """Return a flat file in whose middle row a tab stands within the longest text, as in some titles.

    What follows it is one column too far to the right. Other documents are as they were.
    """
    body = answer.body if isinstance(answer.body, bytes) else answer.body.read_bytes()
    is_packed = body.startswith(b"\x1f\x8b")
    lines = (gzip.decompress(body) if is_packed else body).split(b"\n")
    cells = lines[len(lines) // 2].split(b"\t")
    if len(cells) < 2 or len(lines) < 3:  # noqa: PLR2004 - a header, a row and the end
        return answer
    longest = max(range(len(cells)), key=lambda at: len(cells[at]))
    middle = len(cells[longest]) // 2
    cells[longest] = cells[longest][:middle] + b"\t" + cells[longest][middle:]
    lines[len(lines) // 2] = b"\t".join(cells)
    text = b"\n".join(lines)
    return replace(answer, body=gzip.compress(text) if is_packed else text)


def counted(sandbox: Sandbox, name: str, answer: Answer, fault: Fault | None) -> Answer:
    """Count the call, and let the fault do its damage to the answer."""
    damage = None if fault is None else DAMAGES.get(fault.name)
    if fault is None or damage is None:
        sandbox.calls[name, answer.status] += 1
        return answer
    headers = dict(answer.headers)
    if damage.content_type is not None:
        headers["content-type"] = damage.content_type
    if damage.rate is not None:
        headers["x-amzn-RateLimit-Limit"] = damage.rate
    if damage.skew:
        headers["date"] = http_date(sandbox.world.clock.now() + fault.seconds)
    reset = damage.sent < 0
    sandbox.calls[name, 0 if reset else answer.status] += 1
    length = length_within_line(answer.body, fault.cut_share()) if damage.cut else None
    return Answer(answer.status, answer.body, headers, damage, fault.seconds, length=length)

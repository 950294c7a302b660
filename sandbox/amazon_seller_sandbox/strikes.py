"""What a fault does to a call: another answer, none at all, or damage to the right one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from amazon_seller_sandbox.answers import Answer, length_within_line
from amazon_seller_sandbox.clock import http_date
from amazon_seller_sandbox.faults import ANSWERS, DAMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from amazon_seller_sandbox.faults import AnswerFault, Fault
    from amazon_seller_sandbox.sandbox import Sandbox


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

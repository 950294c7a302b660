"""What a queue's policy says of Amazon, which must be allowed to send notifications to it.

Statements are read as AWS evaluates them ("Policy evaluation logic"): one that denies counts more than
all that allow. A condition is known to hold or not only where it is about encrypted connections, which
Amazon has.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Statement = dict[str, Any]

ACCOUNT = "437568002678"
AMAZON = f"arn:aws:iam::{ACCOUNT}:root"
"""Who sends notifications (Amazon's tutorial "Set up notifications (Amazon SQS)", and its samples)."""
ACTIONS = ("sqs:SendMessage", "sqs:GetQueueAttributes")
"""What that tutorial has allowed."""
STATEMENT = "AmazonSellingPartnerNotifications"
_SECURE = "aws:securetransport"


def lacking(policy: str, queue_arn: str) -> list[str]:
    """The actions that a queue's policy does not let Amazon do, as far as its words say.

    Args:
        policy: The policy, JSON; empty where there is none.
        queue_arn: The queue that it is of.
    """
    return [action for action in ACTIONS if not _allows(policy, queue_arn, action)]


def _allows(policy: str, queue_arn: str, action: str) -> bool:
    applying = list(_applying(policy, queue_arn, action))
    return any(each.get("Effect") == "Allow" and _holds(each) for each in applying) and not any(
        each.get("Effect") == "Deny" and _holds(each) for each in applying
    )


def is_uncertain(policy: str, queue_arn: str) -> bool:
    """Whether a statement denies Amazon to send under a condition that cannot be judged here."""
    return any(
        each.get("Effect") == "Deny" and _holds(each) is None
        for each in _applying(policy, queue_arn, ACTIONS[0])
    )


def allowing(policy: str, queue_arn: str) -> str:
    """The policy with a statement that lets Amazon send, beside all that it has."""
    before = json.loads(policy) if policy else {}
    added = {
        "Sid": STATEMENT,
        "Effect": "Allow",
        "Principal": {"AWS": AMAZON},
        "Action": list(ACTIONS),
        "Resource": queue_arn,
    }
    kept = [each for each in _statements(policy) if each.get("Sid") != STATEMENT]
    return json.dumps({"Version": "2012-10-17", **before, "Statement": [*kept, added]})


def _applying(policy: str, queue_arn: str, action: str) -> Iterator[Statement]:
    """The statements about Amazon, an action and the queue."""
    for each in _statements(policy):
        if (
            _names_one(each, "Resource", queue_arn)
            and _names_one(each, "Action", action.lower())
            and _names_one(each, "Principal", AMAZON, ACCOUNT)
        ):
            yield each


def _names_one(statement: Statement, member: str, *values: str) -> bool:
    """Whether a member names one of these values, or its opposite (`NotAction`) does not."""
    opposite = f"Not{member}"
    found = statement.get(opposite if opposite in statement else member)
    found = found.get("AWS") if isinstance(found, dict) else found
    each = [
        name for name in (found if isinstance(found, list) else [found]) if isinstance(name, str)
    ]
    if member == "Action":
        each = [name.lower() for name in each]
    is_named = any(fnmatchcase(value, name) for name in each for value in values)
    return is_named != (opposite in statement)


def _holds(statement: Statement) -> bool | None:
    """Whether a statement's condition holds for Amazon; None where that cannot be known."""
    condition = statement.get("Condition")
    if not condition:
        return True
    if not isinstance(condition, dict) or condition.keys() - {"Bool", "BoolIfExists"}:
        return None
    found = [pair for each in condition.values() for pair in each.items()]
    if any(name.lower() != _SECURE for name, _ in found):
        return None
    return all(str(value).strip("[]'\"").lower() == "true" for _, value in found)


def _statements(policy: str) -> list[Statement]:
    try:
        found = json.loads(policy or "{}")
    except ValueError:
        return []
    each = found.get("Statement") if isinstance(found, dict) else None
    each = [each] if isinstance(each, dict) else each
    return [one for one in each if isinstance(one, dict)] if isinstance(each, list) else []

"""The SQS beside the sandbox, into which notifications are delivered, and how that is controlled."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from amazon_seller_sandbox.server.answers import Answer, json_answer
from amazon_seller_sandbox.server.control import Mistake, json_body, tolerant
from amazon_seller_sandbox.state.post import Habits

if TYPE_CHECKING:
    from starlette.requests import Request

    from amazon_seller_sandbox.state.sandbox import Sandbox


class NotInstalledError(Exception):
    """The extra is missing; the message says how to install it."""


def start_queues() -> tuple[str, Any]:
    """Start an SQS on a free port of loopback; return its URL and what stops it.

    Raises:
        NotInstalledError: moto is not installed.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        message = (
            f"--notifications needs {error.name}, which is not installed; install it with: "
            "pip install 'amazon-seller-sandbox[notifications]'"
        )
        raise NotInstalledError(message) from None
    _look_at_messages_once()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    return f"http://{host}:{port}", server.stop


def _look_at_messages_once() -> None:
    """Have a call of a receiver look at each message of its queue once, not at all for each of them.

    For each message, moto counts those of the queue six times, only to learn how long it keeps them.
    """
    from moto.core.utils import unix_time  # noqa: PLC0415 - an extra
    from moto.sqs.models import SQSBackend  # noqa: PLC0415

    def is_kept(backend: SQSBackend, queue_name: str, message: Any) -> bool:  # noqa: ANN401 - of moto
        seconds: int = backend.get_queue(queue_name).message_retention_period
        return bool(message.sent_timestamp / 1000 + seconds > unix_time())

    SQSBackend.is_message_valid_based_on_retention_period = is_kept


def routes(sandbox: Sandbox) -> list[Route]:
    """Return the routes of the control surface that are about notifications."""

    async def show(request: Request) -> Answer:
        post, book = sandbox.post, sandbox.subscriptions
        body = {
            "endpoint": post.endpoint,
            "destinations": [each.body() for each in book.destinations.values()],
            "subscriptions": [
                each.body() | {"account": each.account, "type": each.type}
                for each in book.subscriptions.values()
            ],
            "counts": dict(post.counts),
            "waiting": len(post.waiting),
            "rounds": post.rounds,
            "sent": [
                {"id": each.id, "type": each.type, "message": json.loads(each.text)}
                for each in (post.sent if request.query_params.get("sent") != "no" else ())
            ],
        }
        return json_answer(200, body)

    async def change(request: Request) -> Answer:
        try:
            sandbox.post.habits = Habits.of(await json_body(request))
        except (TypeError, ValueError) as error:
            raise Mistake(str(error)) from error
        return await show(request)

    return [
        Route("/_sandbox/notifications", tolerant(show)),
        Route("/_sandbox/notifications", tolerant(change), methods=["POST"]),
    ]

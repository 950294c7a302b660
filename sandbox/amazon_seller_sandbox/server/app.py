"""The HTTP surface: routes, authorisation, quotas, faults and errors around every operation."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route

from amazon_seller_sandbox.api.operation import Call
from amazon_seller_sandbox.api.operations import OPERATIONS
from amazon_seller_sandbox.clock import Clock, http_date
from amazon_seller_sandbox.files.documents import UrlRefusal, check_url
from amazon_seller_sandbox.refusals import (
    LoginRefusal,
    Refusal,
    invalid_input,
    not_found,
    quota_exceeded,
    unauthorized,
)
from amazon_seller_sandbox.server import (
    control,
    creators_api,
    list_effects,
    notifications,
    optiply_api,
    optiply_control,
)
from amazon_seller_sandbox.server.answers import Answer, json_answer
from amazon_seller_sandbox.server.fault_effects import counted, replaced, with_shifted_row

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from amazon_seller_sandbox.api.operation import Operation
    from amazon_seller_sandbox.state.faults import Fault
    from amazon_seller_sandbox.state.sandbox import Sandbox

Endpoint = Callable[[Request], Awaitable[Answer]]


def make_app(sandbox: Sandbox) -> ASGIApp:
    """Return the ASGI application of a sandbox."""
    routes = [
        Route(each.path, _operation(sandbox, each), methods=[each.method]) for each in OPERATIONS
    ]
    routes.append(Route("/auth/o2/token", _token(sandbox), methods=["POST"]))
    routes.append(
        Route("/_documents/{document_id:path}", _document(sandbox), methods=["GET", "PUT", "POST"])
    )
    routes.extend(creators_api.routes(sandbox))
    routes.extend(optiply_api.routes(sandbox))
    routes.extend(control.routes(sandbox))
    routes.extend(optiply_control.routes(sandbox))
    routes.extend(notifications.routes(sandbox))
    app = Starlette(
        routes=routes,
        exception_handlers={
            404: _unknown_path, 405: _unknown_path, ClientDisconnect: _client_gone,
        },
    )  # fmt: skip
    app.router.redirect_slashes = False
    return _with_date(app, sandbox.world.clock)


async def _unknown_path(_request: Request, _error: Exception) -> Any:  # noqa: ANN401 - Starlette's type
    return json_answer(404, not_found("Resource not found at specified path").body())


async def _client_gone(_request: Request, _error: Exception) -> Any:  # noqa: ANN401 - Starlette's type
    """End a call whose client went away before its body had come; nobody reads the answer."""
    return json_answer(400, invalid_input("The request ended before its body.").body())


def _with_date(app: ASGIApp, clock: Clock) -> ASGIApp:
    """Add the sandbox's clock to every answer that has no date yet."""

    async def dated(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = dict(message.get("headers", ()))
                headers.setdefault(b"date", http_date(clock.now()).encode())
                message["headers"] = list(headers.items())
            await send(message)

        await app(scope, receive, send_dated)

    return dated


def _operation(sandbox: Sandbox, operation: Operation) -> Endpoint:
    """Return the endpoint of an SP-API operation."""

    async def endpoint(request: Request) -> Answer:
        headers = {"x-amzn-RequestId": sandbox.request_id()}
        fault = sandbox.faults.next(operation.name)
        answer = replaced(fault, headers)
        if answer is None:
            try:
                body = await _perform(sandbox, operation, request, fault)
                answer = json_answer(operation.success, body, headers)
            except Refusal as refusal:
                answer = json_answer(refusal.status, refusal.body(), headers)
        if operation.shows_rate(answer.status):
            rate = float(sandbox.quotas.per_second(operation.rate))
            answer.headers["x-amzn-RateLimit-Limit"] = str(rate)
        return counted(sandbox, operation.name, answer, fault)

    return endpoint


async def _perform(
    sandbox: Sandbox, operation: Operation, request: Request, fault: Fault | None
) -> dict[str, Any] | None:
    if fault is not None and fault.name == "revoked_tokens":
        sandbox.login.revoke_all()
    token = request.headers.get("x-amz-access-token")
    grant = sandbox.login.grant(token, operation.grantless)
    opened = sandbox.login.opens(token, request.method, request.url.path)
    if operation.restricted and not opened:
        raise unauthorized()
    if operation.role is not None and operation.role not in grant.roles:
        raise unauthorized()
    if not sandbox.quotas.take(grant.account.key, operation.name, operation.rate):
        raise quota_exceeded()
    body: Any = {}
    if request.method == "POST":
        try:
            body = json.loads(await request.body())
        except ValueError as error:
            raise invalid_input("Could not parse the request body as JSON.") from error
        if not isinstance(body, operation.takes):
            kind = "object" if operation.takes is dict else "list"
            raise invalid_input(f"The request body must be a JSON {kind}.")
    query = parse_qs(request.url.query, keep_blank_values=True)
    effect = None if fault is None else fault.name
    list_effects.check(effect, query)
    query = list_effects.asked(effect, query)
    answer = await operation.perform(
        Call(sandbox, grant, request.path_params, query, body, effect, opened)
    )
    return list_effects.changed(effect, answer)


def _token(sandbox: Sandbox) -> Endpoint:
    """Return the endpoint of Login with Amazon."""

    async def endpoint(request: Request) -> Answer:
        headers = {"cache-control": "no-store", "x-amzn-RequestId": sandbox.request_id()}
        fault = sandbox.faults.next("token")
        answer = replaced(fault, headers)
        if answer is None:
            try:
                answer = json_answer(200, sandbox.login.token(await _form(request)), headers)
            except LoginRefusal as refusal:
                body = {"error": refusal.error, "error_description": refusal.description}
                answer = json_answer(refusal.status, body, headers)
        return counted(sandbox, "token", answer, fault)

    return endpoint


async def _form(request: Request) -> dict[str, str]:
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        raise LoginRefusal(400, "invalid_request", "Content type must be form-urlencoded.")
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def _document(sandbox: Sandbox) -> Endpoint:
    """Return the endpoint behind presigned URLs."""

    async def endpoint(request: Request) -> Answer:
        headers = {"x-amz-request-id": sandbox.request_id()}
        fault = sandbox.faults.next("document")
        answer = replaced(fault, headers)
        if answer is None:
            try:
                answer = await _download(sandbox, request, headers)
                if fault is not None and fault.name == "twice":
                    answer = replace(answer, copies=2)
                if fault is not None and fault.name == "shifted_row":
                    answer = with_shifted_row(answer)
            except UrlRefusal as refusal:
                body = refusal.body(headers["x-amz-request-id"]).encode()
                content_type = {"content-type": "application/xml"}
                answer = Answer(refusal.status, body, content_type | headers)
        return counted(sandbox, "document", answer, fault)

    return endpoint


async def _download(sandbox: Sandbox, request: Request, headers: dict[str, str]) -> Answer:
    document_id = request.path_params["document_id"]
    query = dict(request.query_params)
    if "authorization" in request.headers:
        raise UrlRefusal(400, "InvalidArgument", "Only one auth mechanism allowed")
    if any(name.startswith("x-amz-") for name in request.headers):
        # S3 insists that every x-amz header is part of the signature.
        raise UrlRefusal(
            403,
            "AccessDenied",
            "There were headers present in the request which were not signed",
        )
    check_url(document_id, query, request.method, sandbox.world.clock)
    for book in sandbox.books.values():
        report = book.find_document(document_id)
        if report is not None:
            document = await sandbox.document(book, report)
            found = {"content-type": document.content_type}
            if query.get("response-content-encoding") == "gzip":
                found["content-encoding"] = "gzip"
            return Answer(200, document.path, found | headers)
    for queries in sandbox.query_books.values():
        found_query = queries.find_document(document_id)
        if found_query is not None:
            document = await sandbox.query_document(queries, found_query)
            found = {"content-type": "application/jsonl"}
            if query.get("response-content-encoding") == "gzip":
                found["content-encoding"] = "gzip"
            return Answer(200, document.path, found | headers)
    raise UrlRefusal(404, "NoSuchKey", "The specified key does not exist.")

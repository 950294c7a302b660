"""One run of the target: record after record to Optiply, until it is unhealthy."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import httpx

from amazon_seller_sandbox.optiply.target import sinks
from amazon_seller_sandbox.optiply.target.errors import Crash, Failure, Unhealthy

if TYPE_CHECKING:
    from amazon_seller_sandbox.optiply.target.api import Api
    from amazon_seller_sandbox.optiply.target.singer import Record
    from amazon_seller_sandbox.optiply.target.sinks import Ids, Sink
    from amazon_seller_sandbox.optiply.target.snapshots import Snapshots


def _refusal(answer: httpx.Response) -> str:
    """Return what an answer says is wrong."""
    try:
        errors = answer.json()["errors"]
        details = "; ".join(str(each["detail"]) for each in errors)
    except (ValueError, KeyError, TypeError):
        details = "no reason given"
    return f"status {answer.status_code}: {details}"


@dataclass(slots=True)
class Job:
    """What a run has done so far."""

    api: Api
    snapshots: Snapshots
    ids: Ids = field(default_factory=dict)
    states: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """One sentence for each record that failed."""
    healthy: bool = True
    _sent: set[tuple[str, str]] = field(default_factory=set)

    def take(self, record: Record) -> None:
        """Send a record, or skip it if an earlier one has made the job unhealthy.

        Raises:
            Crash: there is no use in going on.
        """
        counts = self.counts.setdefault(record.stream, Counter())
        if not self.healthy:
            counts["skipped"] += 1
            return
        try:
            counts[self._send(record)] += 1
        except (Failure, Unhealthy) as problem:
            counts["fail"] += 1
            self.problems.append(f"line {record.line}, {record.stream}: {problem}")
            self.states.setdefault(record.stream, []).append({"success": False})
            self.healthy = isinstance(problem, Failure)

    def _send(self, record: Record) -> str:
        """Send a record and return what became of it, as the target's summary has it."""
        sink, values = sinks.sink_of(record.stream), dict(record.values)
        # Taken before the aliases: with remoteId alone, neither caches nor state learn an id.
        external = values.get("externalId")
        if external is not None and not values.get("id"):
            known = self.snapshots.of(record.stream).get(str(external))
            if known is not None:
                values["id"] = known
        for alias, name in sinks.ALIASES.items():
            if alias in values:
                value = values.pop(alias)
                values.setdefault(name, value)
        number = values.get("id") or None
        deleted = number is not None and any(values.get(name) for name in sinks.DELETED)
        account = self.api.config.account_id
        sent = {} if deleted else sinks.payload(sink, values, self.ids, account, new=not number)
        # By the payload alone: two orders that look the same count as one, within a run.
        digest = sha256(
            json.dumps([str(number), deleted, sent], sort_keys=True, default=str).encode()
        ).hexdigest()
        states = self.states.setdefault(record.stream, [])
        if (record.stream, digest) in self._sent:
            return "existing"
        made, outcome = self._called(sink, number, sent, deleted=deleted)
        state = {"hash": digest, "success": True, "id": made}
        if external is not None:
            state["externalId"] = external
            self.ids.setdefault(record.stream, {})[str(external)] = made
        states.append(state)
        self._sent.add((record.stream, digest))
        return outcome

    def _called(
        self, sink: Sink, number: object, sent: dict[str, Any], *, deleted: bool
    ) -> tuple[str, str]:
        """Make the call for a record and return the id in Optiply, and the outcome."""
        path = sink.entity if number is None else f"{sink.entity}/{number}"
        if deleted:
            answer = self.api.call("DELETE", path)
            if answer.status_code == httpx.codes.NOT_FOUND or answer.is_success:
                return str(number), "deleted"
            raise _problem(answer)
        data: dict[str, Any] = {"type": sink.entity, "attributes": sent}
        if number is not None:
            data["id"] = str(number)
        answer = self.api.call("POST" if number is None else "PATCH", path, {"data": data})
        if answer.is_success:
            return _id(answer), "success" if number is None else "updated"
        conflict = answer.status_code == httpx.codes.CONFLICT
        if conflict and number is None and sink.entity == "supplierProducts":
            query = {f"filter[{name}]": sent[name] for name in ("supplierId", "productId")}
            found = self.api.call("GET", sink.entity, query=query)
            if found.is_success:
                return _id(found), "existing"
            raise _problem(found)
        raise _problem(answer)

    def target_state(self) -> dict[str, Any]:
        """Return what the target writes to target-state.json."""
        return {"bookmarks": self.states, "summary": {k: dict(v) for k, v in self.counts.items()}}

    def keep_ids(self) -> None:
        """Write the ids of this run into the snapshots, as the host does after it.

        Whether it takes deleted ones out is not documented; strict: they stay, and lead nowhere.
        """
        for stream, states in self.states.items():
            made = {
                str(state["externalId"]): str(state["id"])
                for state in states
                if state["success"] and "externalId" in state
            }
            self.snapshots.merge(stream, made)


def _id(answer: httpx.Response) -> str:
    """Return the id of the object, or of the first of those, that an answer holds.

    Raises:
        Crash: there is none, for the body was lost or is something else.
    """
    try:
        data = answer.json()["data"]
        return str((data[0] if isinstance(data, list) else data)["id"])
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise Crash(f"{answer.url.path} answered {answer.status_code} without an id") from error


def _problem(answer: httpx.Response) -> Exception:
    """Return what an error answer means: 404, 409 and 5xx fail the record alone."""
    alone = answer.status_code in (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT)
    if alone or answer.is_server_error:
        return Failure(_refusal(answer))
    if answer.is_client_error:
        return Unhealthy(_refusal(answer))
    return Crash(f"an answer that means nothing: {_refusal(answer)}")

"""Loads a run through the Optiply API: creates, changes and disables, and remembers each call.

The order is that of the entities, so that what is referred to comes first; rows of one entity go in any
order, several at once. A record that Optiply refuses
stops nothing else; an outage stops the run with all that was done on disk, and the next run continues.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.loading import missing_products, outputs
from amazon_optiply_etl.loading.loader import LoadOutcome, PayloadLoader, RunContext
from amazon_optiply_etl.machine import THIS_MACHINE
from amazon_optiply_etl.optiply.client import Optiply
from amazon_optiply_etl.optiply.entities import BY_NAME, ENTITIES, PRODUCTS, SUPPLIER_PRODUCTS
from amazon_optiply_etl.optiply.errors import (
    OptiplyCredentialsError,
    OptiplyDoubt,
    OptiplyRefusal,
    OptiplyUnavailable,
)
from amazon_optiply_etl.optiply.payloads import API, payloads
from amazon_optiply_etl.runs import pipeline
from amazon_optiply_etl.runs.in_flight import in_flight
from amazon_optiply_etl.state import consumed_files, journal, transaction, waiting
from amazon_optiply_etl.state.snapshots import as_text, read_own, snapshot_pieces
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import known
from amazon_optiply_etl.verdicts import outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    import httpx

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.machine import Machine
    from amazon_optiply_etl.mapping_report.report import MappingReport
    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.runs.pipeline import Folders, Run
    from amazon_optiply_etl.state.journal import Journal, Row

    Calling = Callable[[], AbstractContextManager[None]]

_GONE, _CONFLICT = 404, 409
_MISSING = (
    "there is no such object any more; take its line out of {} to have it made again, or leave it"
)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What became of a row: Optiply's id of it, or the outcome of one that was not taken."""

    remote_id: str
    optiply_id: str = ""
    refused: str | None = None


@dataclass(slots=True)
class ApiLoader:
    """Sends rows to the Optiply API, one call a row, several at once.

    Attributes:
        optiply: The API.
        journal: Where each call is remembered.
        now: The time of the run, ``YYYY-MM-DDTHH:MM:SSZ``.
        progress: Shows how far the calls for an entity have come.
        at_once: How many rows of an entity are under way at most.
        machine: Whose threads call.
        stopped: Why the rest is not sent; null while all goes well.
        products: What the API has said of products that refused orders name: whether they are there.
        is_late: That Optiply answers at once.
    """

    optiply: Optiply
    journal: Journal
    now: str
    progress: Callable[[str, list[Any]], Iterator[Any]]
    at_once: int = 1
    machine: Machine = THIS_MACHINE
    stopped: EtlError | None = None
    products: dict[str, bool] = field(default_factory=dict)
    is_late: bool = False

    def load(
        self,
        entity: Entity,
        table: pd.DataFrame,
        lines: pd.DataFrame | None,
        last: tuple[int, ...] | None = None,  # noqa: ARG002 - a refusal stops nothing else here
    ) -> LoadOutcome:
        """Send rows; those that are refused, or not sent any more, are reported by their outcome.

        Raises:
            EtlError: a row does not fit its schema.
        """
        ids: dict[str, str] = {}
        refused: dict[str, str] = {}
        written = payloads(entity, table, lines, (API,))
        bodies = (body for some in written for body in some.texts[API])
        rows = as_text(entity, table)
        # The columns are left as they are, and made objects of a row at a time.
        calls = zip(rows.itertuples(index=False), bodies, strict=True)

        def outcome_of(call: tuple[Any, Any]) -> _Outcome:
            cells, body = call
            row: Row = {
                name: None if pd.isna(cell) else str(cell)
                for name, cell in zip(rows.columns, cells, strict=True)
            }
            return self._outcome(entity, row, body)

        shown = self.progress(entity.stream, list(calls))
        for each in in_flight(shown, outcome_of, self.at_once, self.machine):
            if each.refused is None:
                ids[each.remote_id] = each.optiply_id
            else:
                refused[each.remote_id] = each.refused
        found = pd.Series(ids, dtype=TEXT)
        return LoadOutcome(found, refused, count=len(ids), in_output=False)

    @property
    def gone(self) -> list[str]:
        """The Optiply ids of products that are not there any more."""
        return [id_ for id_, is_there in self.products.items() if not is_there]

    def _names_gone_product(self, entity: Entity, row: Row, attributes: dict[str, Any]) -> bool:
        """Return whether a record was refused because a product is gone, as far as the API says."""
        ids = {str(line.get("productId") or "") for line in attributes.get("orderLines", ())}
        ids |= {str(attributes.get("productId") or "")}
        if entity is PRODUCTS:
            ids |= {str(row["optiply_id"] or "")}
        try:
            for id_ in ids - {""} - set(self.products):
                self.products[id_] = self.optiply.exists(PRODUCTS.name, id_)
        except (OptiplyRefusal, OptiplyUnavailable, OptiplyCredentialsError):
            return False
        return not all(self.products.get(id_, True) for id_ in ids)

    def remember(self, entity: Entity, there: pd.DataFrame) -> None:
        """Keep what Optiply has already: after a crash it is not looked for again."""
        ids = zip(there["remoteId"], there["optiply_id"], strict=True)
        self.journal.there(entity, ({"remoteId": each, "optiply_id": own} for each, own in ids))

    def _outcome(self, entity: Entity, row: Row, body: Any) -> _Outcome:  # noqa: ANN401 - Arrow's
        """Send a row, unless the run has been stopped meanwhile."""
        remote_id = str(row["remoteId"])
        if self.stopped is not None:
            return _Outcome(remote_id, refused=outcomes.NOT_SENT_YET)
        try:
            return _Outcome(remote_id, self._send(entity, row, json.loads(body.as_py())))
        except OptiplyRefusal as refusal:
            if self._names_gone_product(entity, row, json.loads(body.as_py())):
                return _Outcome(remote_id, refused=outcomes.PRODUCT_GONE)
            return _Outcome(remote_id, refused=outcomes.REFUSED.format(refusal.reason))
        except (OptiplyUnavailable, OptiplyCredentialsError, OptiplyDoubt) as error:
            self._stop(error)
            return _Outcome(remote_id, refused=outcomes.NOT_SENT_YET)

    def _stop(self, reason: EtlError) -> None:
        """Send nothing more; the first reason is reported."""
        self.stopped = self.stopped or reason

    def _send(self, entity: Entity, row: Row, attributes: dict[str, Any]) -> str:
        """Create or change one object; answers its Optiply id."""
        optiply_id = attributes.pop("id", None)
        if entity.tells_sync_time:
            attributes["remoteDataSyncedToDate"] = self.now
        if optiply_id is None:
            optiply_id = self._create(entity, row, attributes)
        elif not self.optiply.patch(entity.name, optiply_id, attributes):
            if entity is not SUPPLIER_PRODUCTS:
                raise OptiplyRefusal(
                    f"{entity.name} {optiply_id}", _GONE, _MISSING.format(entity.snapshot_file)
                )
            optiply_id = self._create(entity, row, attributes)
        self.journal.done(entity, {**row, "optiply_id": optiply_id})
        return str(optiply_id)

    def _create(self, entity: Entity, row: Row, attributes: dict[str, Any]) -> str:
        narrowing = (
            {entity.narrowed_by: str(attributes[entity.narrowed_by])}
            if entity.narrowed_by in attributes
            else {}
        )
        self.journal.about(entity, row, narrowing)
        try:
            return self._post(entity, row, attributes)
        except OptiplyDoubt:
            found = self.optiply.find(entity.name, str(row["remoteId"]), **narrowing)
            return found or self._post(entity, row, attributes)

    def _post(self, entity: Entity, row: Row, attributes: dict[str, Any]) -> str:
        try:
            return self.optiply.post(entity.name, attributes)
        except OptiplyRefusal as refusal:
            self.journal.not_done(entity, row)
            may_be_there = entity is SUPPLIER_PRODUCTS and refusal.status == _CONFLICT
            twin = self._twin(attributes) if may_be_there else None
            if twin is None:
                raise
        self.optiply.patch(entity.name, twin, attributes)
        return twin

    def _twin(self, attributes: dict[str, Any]) -> str | None:
        """Return the id of the supplier's product that is there: Optiply allows one of a pair."""
        pair = {name: attributes[name] for name in ("supplierId", "productId")}
        return next((each.id for each in self.optiply.items(SUPPLIER_PRODUCTS.name, **pair)), None)


@dataclass(frozen=True, slots=True)
class PushResult:
    """What came of a push.

    Attributes:
        report: The mapping report.
        stopped: Why it ended early; null when all was sent that Optiply takes.
        recovered: How many calls of an earlier push, which did not come to its end, were found again.
    """

    report: MappingReport
    stopped: EtlError | None
    recovered: int


@dataclass(frozen=True, slots=True)
class _Account:
    """Opens the API of an account, of which a coupling's remoteIds count."""

    opened: Callable[..., Optiply]
    coupling_id: str


def push(
    settings: Settings,
    folders: Folders,
    progress: Callable[[str, list[Any]], Iterator[Any]],
    clock: Callable[[], datetime] = pipeline.utc_now,
    *,
    machine: Machine = THIS_MACHINE,
    transport: httpx.BaseTransport | None = None,
    copy: journal.Copy | None = None,
    calling: Calling = nullcontext,
) -> PushResult:
    """Make what an input folder amounts to, and load it through the Optiply API.

    Args:
        settings: The flags.
        folders: Where the records and snapshots are; the credentials are in tenant-config.json.
        progress: Yields the calls of an entity, whose name it is given, and shows how far they are.
        clock: Says the time.
        machine: Whose threads call, and what they wait by.
        transport: Sends requests instead of the network, in a simulation.
        copy: Keeps the lines of the journal in another place, too, before each call.
        calling: What calls take place within; all else needs the processor.

    Raises:
        EtlError: configuration, input, snapshots or credentials cannot be used, or another run is at
            work on the snapshots.
        OSError: a file cannot be written.
    """
    credentials = folders.credentials()
    if credentials is None:
        raise EtlError(
            "push needs Optiply's credentials: put apiCredentials (username, password, client_id, "
            f"client_secret, account_id, couplingId) into {folders.snapshots / 'tenant-config.json'}."
        )
    folders.snapshots.mkdir(parents=True, exist_ok=True)
    with transaction.alone(folders.snapshots):
        opened = partial(
            Optiply,
            credentials,
            sleep=machine.sleep,
            clock=machine.now,
            machine=machine,
            transport=transport,
        )
        account = _Account(opened, credentials.coupling_id)
        return _push(
            settings, folders, account, progress, clock, machine=machine, copy=copy, calling=calling
        )


def _push(
    settings: Settings,
    folders: Folders,
    account: _Account,
    progress: Callable[[str, list[Any]], Iterator[Any]],
    clock: Callable[[], datetime],
    *,
    machine: Machine,
    copy: journal.Copy | None,
    calling: Calling,
) -> PushResult:
    transaction.roll_back(folders.snapshots)
    # Before the first call: what cannot be written at the end is of no use to have sent.
    transaction.refuse_unwritable(folders.output, outputs.NAMES)
    transaction.refuse_unwritable(folders.snapshots, (each.snapshot_file for each in ENTITIES))
    read = consumed_files.stamps(folders.input) if folders.input.is_dir() else {}
    at_once = settings.push_concurrency
    with account.opened(on_token=folders.keep_token, at_once=at_once) as optiply:
        with calling():
            recovered = _recover(folders, optiply)
        now = clock()
        before = pipeline.snapshots_of(settings, folders, now, pushes=True)
        if missing_products.is_asked_for(before, recreate=settings.recreate_missing):
            with calling():
                before = pipeline.settle_missing(settings, folders, before, optiply, now)
        before = missing_products.renewed(before)
        inputs = pipeline.inputs_of(settings, folders, before)
        with calling():
            existing = pipeline.existing_of(settings, before, inputs, optiply, account.coupling_id)
        with journal.Journal(folders.snapshots, machine, copy) as calls:
            loader = ApiLoader(
                optiply,
                calls,
                f"{now:%Y-%m-%dT%H:%M:%SZ}",
                progress,
                at_once=at_once,
                machine=machine,
            )
            context = RunContext(
                settings,
                inputs,
                before,
                existing,
                loader,
                now,
                keep=lambda records: transaction.replace_all(
                    folders.snapshots, waiting.laid_out(records()).files
                ),
            )
            _refuse_what_nobody_loaded(context)
            rehearsal = _rehearse(context, folders)
            run, result = rehearsal.run, None
            if rehearsal.sends:
                with calling():
                    result = pipeline.load(context)
    if result is not None:
        context = replace(context, before=missing_products.found_gone(before, loader.gone))
        run = pipeline.finished(context, result, {}, folders)
    stopped = loader.stopped
    # Of a run that ended early, the input is read again.
    pipeline.put_into_place(folders, run, {} if stopped else read)
    transaction.replace(folders.snapshots, journal.FILE, calls.in_doubt)
    return PushResult(run.report, stopped, recovered)


@dataclass(frozen=True, slots=True)
class _Rehearsal:
    """A run without a call.

    Attributes:
        run: What it came to; without anything to send it is what the run itself would come to.
        sends: Whether there is anything to send, as there seldom is half an hour after the last run.
    """

    run: Run
    sends: bool


def _rehearse(context: RunContext, folders: Folders) -> _Rehearsal:
    """Make all payloads and the report once without sending: what fails must fail before the first call.

    Raises:
        EtlError: a row does not fit its schema, or the counts do not add up.
    """
    loader = PayloadLoader((API,), is_late=False)
    rehearsal = replace(
        context, inputs=context.inputs.copy(), loader=loader, keep=lambda _records: None
    )
    run = pipeline.finished(rehearsal, pipeline.load(rehearsal), {}, folders)
    return _Rehearsal(run, any(len(each.remote_ids) for each in loader.parts))


def _refuse_what_nobody_loaded(context: RunContext) -> None:
    """Refuse snapshots of which Optiply knows nothing at all: target-optiply gives it no remoteIds."""
    own = filter(context.settings.sends, ENTITIES)
    sent = [entity for entity in own if len(context.before[entity].frame)]
    if not any(entity.name in context.existing for entity in sent):
        return
    if not any(len(known(context.ids(entity))) for entity in sent):
        names = " and ".join(entity.snapshot_file for entity in sent)
        raise EtlError(
            f"Optiply knows nothing of {names}, which `build` has written. If nothing has loaded its "
            "data.singer, move them away and push again; if target-optiply has, put the host's "
            "snapshots (InputId, RemoteId) of it beside them first."
        )


def _recover(folders: Folders, optiply: Optiply) -> int:
    """Take what an earlier push has done into the snapshots; answers how many rows that were."""
    done = journal.read_journal(folders.snapshots)
    if done is None:
        return 0
    rows = {name: dict(each) for name, each in done.rows.items()}
    for each in done.in_doubt:
        remote_id = str(each.row["remoteId"])
        found = optiply.find(each.entity, remote_id, **each.narrowing)
        if found is not None:
            rows.setdefault(each.entity, {})[remote_id] = {**each.row, "optiply_id": found}
    for name, of_entity in rows.items():
        entity = BY_NAME[name]
        frame = read_own(folders.snapshots, entity)
        merged = journal.with_done(frame, of_entity, entity.snapshot_columns)
        transaction.replace(folders.snapshots, entity.snapshot_file, snapshot_pieces(merged))
    transaction.replace(folders.snapshots, journal.FILE, None)
    return sum(len(each) for each in rows.values())

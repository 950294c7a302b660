"""One run from folder to folder: read, build, compare with the snapshots, check, put into place."""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.inputs.folder import read_inputs
from amazon_optiply_etl.inputs.streams import (
    FULFILMENT_ORDERS,
    MATCHES,
    ORDERS,
    PURCHASE_ORDERS,
    SELLER,
    SUMMARY,
    VENDOR,
)
from amazon_optiply_etl.loading import missing_products, outputs
from amazon_optiply_etl.loading.already_in_optiply import PULLED_FILE, is_needed, read_existing
from amazon_optiply_etl.loading.delivered import delivery_files, given_up_orders, not_taken_notes
from amazon_optiply_etl.loading.loader import PayloadLoader, RunContext
from amazon_optiply_etl.mapping_report.origin import (
    EARLIER_FILE,
    Origin,
    earlier_file,
    read_earlier,
)
from amazon_optiply_etl.mapping_report.page import as_html
from amazon_optiply_etl.mapping_report.report import MappingReport, as_json, check
from amazon_optiply_etl.optiply.credentials import (
    NoCouplingError,
    account_of,
    keep_token,
    read_credentials,
)
from amazon_optiply_etl.optiply.entities import BY_SNAPSHOT, ENTITIES, PRODUCTS, SELL_ORDERS
from amazon_optiply_etl.optiply.errors import OptiplyCredentialsError, OptiplyUnavailable
from amazon_optiply_etl.seller import flavour as seller
from amazon_optiply_etl.state import consumed_files, evidence, journal, transaction, waiting
from amazon_optiply_etl.state.confirmation import confirmed
from amazon_optiply_etl.state.host_snapshots import flow_of, flows_in
from amazon_optiply_etl.state.snapshots import (
    ASINS_FILE,
    COSTS_FILE,
    Source,
    read_snapshots,
    snapshot_pieces,
)
from amazon_optiply_etl.tables.side_by_side import begun, give_back
from amazon_optiply_etl.vendor import flavour as vendor
from amazon_programs.installation import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from concurrent.futures import Future

    import pandas as pd

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import Inputs
    from amazon_optiply_etl.inputs.streams import Stream
    from amazon_optiply_etl.loading.loader import FlavourResult
    from amazon_optiply_etl.optiply.client import Optiply
    from amazon_optiply_etl.optiply.credentials import Credentials
    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.state.snapshots import Snapshots
    from amazon_optiply_etl.state.transaction import Content

logger = logging.getLogger(__name__)

_MANY_ROWS = 10_000
"""Rows of a run from which a thread takes less time than it saves."""
PARENTS = ("products", "suppliers")
"""Snapshots that a sub-tenant may take from its parent."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """What a flavour is made of, and what makes it.

    Attributes:
        streams: What it reads.
        entities: What it makes.
        refuse_missing: Refuses an input without the streams that a run needs.
        load: Makes and loads it.
    """

    streams: tuple[Stream, ...]
    entities: tuple[Entity, ...]
    refuse_missing: Callable[[Settings, Inputs, Snapshots], object]
    load: Callable[[RunContext], FlavourResult]


Clock = Callable[[], datetime]
OnToken = Callable[[str], None]


def utc_now() -> datetime:
    """Return the time of the machine's clock."""
    return datetime.now(UTC)


FLAVOURS = {
    "full": Flavour(SELLER, (PRODUCTS, SELL_ORDERS), seller.refuse_missing, seller.load_seller),
    "secondary": Flavour(
        SELLER, (PRODUCTS, SELL_ORDERS), seller.refuse_missing, seller.load_seller
    ),
    "vendor": Flavour(VENDOR, ENTITIES, vendor.refuse_missing, vendor.load_vendor),
}
_PLACED = {
    ORDERS.name: "purchase_date",
    PURCHASE_ORDERS.name: "purchase_order_date",
    FULFILMENT_ORDERS.name: "order_date",
}
"""Streams of which sell orders are made, and when these were placed."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where a run reads and writes: the folders of a hosted layout.

    Attributes:
        input: The tap's records, sync-output/.
        snapshots: What was sent before, snapshots/.
        output: Payloads and mapping report, etl-output/.
        parent: The parent's snapshots of a sub-tenant, parent-snapshots/, where there is one.
        given: Whose Optiply it is; null where tenant-config.json says.
    """

    input: Path
    snapshots: Path
    output: Path
    parent: Path | None = None
    given: Credentials | None = None

    def credentials(self) -> Credentials | None:
        """Return the credentials of the run, or None when there are none.

        Raises:
            NoCouplingError: there is no couplingId.
            EtlError: the file is broken, or a credential is missing.
        """
        return self.given or read_credentials(self.snapshots)

    def keep_token(self, token: str) -> None:
        """Keep a new access token where the credentials came from; those that were given have no place.

        Raises:
            EtlError: the file is gone or broken.
            OSError: the file cannot be written; it then is as it was.
        """
        if self.given is None:
            keep_token(self.snapshots, token)


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is computed and checked, and not yet written.

    Attributes:
        report: The mapping report.
        output_files: Name -> content for the output folder.
        snapshot_files: Name -> content for the snapshots folder, None for one that goes, which are
            being laid out.
    """

    report: MappingReport
    output_files: dict[str, Content]
    snapshot_files: Future[dict[str, Content | None]]


def build(
    settings: Settings, folders: Folders, formats: Sequence[str], clock: Clock = utc_now
) -> MappingReport:
    """Make the payloads of an input folder and put them into the output folder.

    Args:
        settings: The flags.
        folders: Where the records, snapshots and payloads are.
        formats: The formats that are wanted.
        clock: Says what time it is.

    Raises:
        EtlError: configuration, input or snapshots cannot be used, or another run is at work on them;
            nothing is written then.
        OSError: the output cannot be written.
    """
    with transaction.alone(folders.snapshots):
        transaction.roll_back(folders.snapshots)
        # Before they are read: a file that grows meanwhile counts as changed.
        read = consumed_files.stamps(folders.input) if folders.input.is_dir() else {}
        run = prepare(settings, folders, formats, clock)
        put_into_place(folders, run, read)
    return run.report


def look(
    settings: Settings, folders: Folders, formats: Sequence[str], clock: Clock = utc_now
) -> MappingReport:
    """Compute and check a run, and write its mapping report alone: no payload, no snapshot.

    Raises:
        EtlError: as `build`.
        OSError: the report cannot be written.
    """
    with transaction.alone(folders.snapshots), tempfile.TemporaryDirectory() as scratch:
        if transaction.is_unfinished(folders.snapshots):
            # What the next run puts back first is put back in a copy.
            copied = Path(scratch) / folders.snapshots.name
            shutil.copytree(folders.snapshots, copied)
            transaction.roll_back(copied)
            folders = replace(folders, snapshots=copied)
        only_look = replace(settings, recreate_missing=False)
        run = prepare(only_look, folders, formats, clock, on_token=lambda _token: None)
        run.snapshot_files.result()  # what could not be kept is no success, even where nothing is
    for name in outputs.REPORTS:
        transaction.replace(folders.output, name, run.output_files[name])
    return run.report


def prepare(
    settings: Settings,
    folders: Folders,
    formats: Sequence[str],
    clock: Clock = utc_now,
    on_token: OnToken | None = None,
) -> Run:
    """Compute and check a run without writing anything but a new token of Optiply's.

    Args:
        settings: The flags.
        folders: Where the records, snapshots and payloads are.
        formats: The formats that are wanted.
        clock: Says what time it is.
        on_token: Takes a new token; kept with the credentials without it.

    Raises:
        EtlError: configuration, input or snapshots cannot be used, or the counts do not add up.
    """
    if journal.read_journal(folders.snapshots) is not None:
        raise EtlError(
            f"{folders.snapshots / journal.FILE} is there, so a push did not come to its end; run "
            "`amazon-optiply-etl push` once more first."
        )
    now = clock()
    on_token = on_token or folders.keep_token
    before = snapshots_of(settings, folders, now)
    before = _with_missing_products(settings, folders, before, now, on_token)
    inputs = inputs_of(settings, folders, before)
    existing = _existing_without_snapshots(settings, folders, before, inputs, on_token)
    loader = PayloadLoader(
        outputs.forms_of(formats), finds_remote_ids=settings.target_optiply == "v2"
    )
    context = RunContext(settings, inputs, before, existing, loader, now)
    result = load(context)
    parts = loader.in_order
    files = outputs.payload_files(parts, formats)
    order = [(part.entity.name, part.remote_ids) for part in parts]
    parts.clear()
    loader.parts.clear()  # from now on `files` alone holds their texts
    return finished(context, result, files, folders, order)


def load(context: RunContext) -> FlavourResult:
    """Make and load what the flavour makes of its records.

    Raises:
        EtlError: input or snapshots cannot be used.
    """
    return FLAVOURS[context.settings.flavour].load(context)


def finished(
    context: RunContext,
    result: FlavourResult,
    payload_files: Mapping[str, Content],
    folders: Folders,
    order: Sequence[tuple[str, pd.Series[Any]]] = (),
) -> Run:
    """Check the counts of a run, and lay out all that it writes.

    Args:
        context: The run.
        result: What its flavour made.
        payload_files: Name -> content of the payloads.
        folders: Where the run reads and writes.
        order: Entity name and remoteIds of what is in data.singer, in its order.

    Raises:
        EtlError: the counts do not add up.
    """
    origin = _origin(context, folders)
    report = MappingReport(
        settings=context.settings.facts(),
        tallies=result.tallies,
        notes=context.inputs.notes | dict(result.notes) | not_taken_notes(context, result),
        files_not_read=context.inputs.passed_over,
        figures=result.figures,
        articles=result.articles,
        origin=origin,
        earlier=read_earlier(folders.snapshots),
    )
    check(report, result.written)
    # The page and the report are Python's work, beside which Arrow writes what is kept of many rows.
    is_long = sum(len(step.table) for step in result.steps) >= _MANY_ROWS
    laid_out = partial(_snapshot_files, context, result, order, origin)
    snapshot_files = begun(laid_out, is_long=is_long)
    page = as_html(report).encode(errors="backslashreplace")
    text = as_json(report).encode(errors="backslashreplace")
    output_files = {**payload_files, "mapping-report.html": page, "mapping-report.json": text}
    return Run(report, output_files, snapshot_files)


def _snapshot_files(
    context: RunContext,
    result: FlavourResult,
    order: Sequence[tuple[str, pd.Series[Any]]],
    origin: Origin,
) -> dict[str, Content | None]:
    """Lay out what a run keeps, one thing after another: together they would take much memory."""
    kept_records = result.waiting().files
    given_up = given_up_orders(context, result)
    files: dict[str, Content | None] = {}
    for step in result.steps:
        snapshot = step.snapshot
        if snapshot is None:
            continue
        if step.entity is SELL_ORDERS and given_up:
            snapshot = snapshot[~snapshot["remoteId"].isin(list(given_up)).astype(bool)]
        files[step.entity.snapshot_file] = snapshot_pieces(snapshot)
    files[EARLIER_FILE] = earlier_file(origin.made_at, result.tallies)
    files |= kept_records
    if result.asins is not None:
        files[ASINS_FILE] = snapshot_pieces(result.asins)
    if result.costs is not None:
        files[COSTS_FILE] = snapshot_pieces(result.costs)
    files |= delivery_files(context, result, order)
    give_back()
    pulled = context.existing.get(PRODUCTS.name)
    if pulled is not None and not context.settings.sends(PRODUCTS):
        files[PULLED_FILE] = snapshot_pieces(pulled)
    return files


def _origin(context: RunContext, folders: Folders) -> Origin:
    synced = context.inputs[SUMMARY].frame["synced_at"].dropna()
    account, coupling = account_of(folders.snapshots)
    if folders.given is not None:
        account, coupling = folders.given.account_id, folders.given.coupling_id
    return Origin(
        made_at=f"{context.now:%Y-%m-%dT%H:%M:%SZ}",
        version=program_version(),
        synced_at=max(synced, default=None),
        account=account,
        coupling=coupling,
    )


@cache
def program_version() -> str:
    """Return the version of the distribution that holds tap and ETL."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "of a checkout"


def put_into_place(folders: Folders, run: Run, read: consumed_files.Stamps) -> None:
    """Write what a run has made, and note what it has read.

    Raises:
        OSError: a file cannot be written.
    """
    transaction.put_into_place(
        folders.output,
        run.output_files,
        outputs.NAMES,
        folders.snapshots,
        run.snapshot_files.result,
    )
    consumed_files.note(folders.input, read)


def inputs_of(settings: Settings, folders: Folders, before: Snapshots) -> Inputs:
    """Read the records that a flavour is made of, with those that have waited for this run.

    Raises:
        EtlError: a file cannot be read, or streams that are needed are missing.
    """
    flavour = FLAVOURS[settings.flavour]
    kept = [folders.snapshots / name for name in waiting.FILES]
    streams = (*flavour.streams, MATCHES) if settings.eans_from_matches else flavour.streams
    inputs = read_inputs(folders.input, streams, kept)
    flavour.refuse_missing(settings, inputs, before)
    return inputs


def snapshots_of(
    settings: Settings, folders: Folders, now: datetime, *, pushes: bool = False
) -> Snapshots:
    """Read the snapshots of this run's flow, and what shows that their rows have arrived.

    Of what the run does not send, they are those of the parent or shop.

    Raises:
        EtlError: a snapshot cannot be used, or it is not known which flow's the host's are.
    """
    flow = flow_of(folders.snapshots, settings.flow)
    before = read_snapshots(
        folders.snapshots,
        flow,
        {
            name: _source(BY_SNAPSHOT[name], settings, folders, flow)
            for name in PARENTS
            if not settings.sends(BY_SNAPSHOT[name])
        },
    )
    return confirmed(
        before,
        folders.snapshots,
        now,
        own=settings.sends,
        flow=flow,
        host_snapshots=settings.host_snapshots,
        by_remote_id=settings.target_optiply == "v2",
        pushes=pushes,
    )


def _source(entity: Entity, settings: Settings, folders: Folders, flow: str | None) -> Source:
    """Return where an entity that is not sent comes from: the parent's folder, if it has it."""
    parent = folders.parent
    if parent is None or not parent.is_dir():
        return Source(folders.snapshots, settings.products_flow or flow)
    has_it = any(parent.glob(f"{entity.snapshot}.snapshot.*")) or any(
        parent.glob(f"{entity.stream}_*.snapshot.*")
    )
    if not has_it:
        return Source(folders.snapshots, settings.products_flow or flow)
    theirs = settings.products_flow or (flow if flow in flows_in(parent) else None)
    return Source(
        parent, flow_of(parent, theirs, "--products-flow, or products_flow in config.json")
    )


def existing_of(
    settings: Settings,
    before: Snapshots,
    inputs: Inputs,
    optiply: Optiply,
    coupling_id: str,
    *,
    but: Collection[str] = (),
) -> dict[str, pd.DataFrame]:
    """Read from the Optiply API what the snapshots do not say: entity name -> rows.

    Args:
        settings: The flags.
        before: The snapshots.
        inputs: The records.
        optiply: The API.
        coupling_id: Whose remoteIds count.
        but: Names of entities that are not read.

    Raises:
        EtlError: Optiply cannot be reached, or does not let us in.
    """
    dates = [
        date
        for name, column in _PLACED.items()
        if name in inputs.streams
        for date in inputs.streams[name].frame[column].dropna()
    ]
    entities = FLAVOURS[settings.flavour].entities
    return {
        entity.name: read_existing(entity, optiply, coupling_id, min(dates, default=None))
        for entity in entities
        if entity.name not in but
        and (
            is_needed(entity, before)
            if settings.sends(entity)
            else not before[entity].exists and _is_referred_to(entity, entities, settings)
        )
    }


def _is_referred_to(entity: Entity, others: Sequence[Entity], settings: Settings) -> bool:
    """Return whether anything that is sent refers to an entity."""
    return any(
        (each.lines and entity is PRODUCTS)
        or any(reference.entity == entity.name for reference in each.references)
        for each in others
        if settings.sends(each)
    )


def _with_missing_products(
    settings: Settings, folders: Folders, before: Snapshots, now: datetime, on_token: OnToken
) -> Snapshots:
    """Settle what is known of products that may be gone, with the API where it can be asked."""
    if settings.sends(PRODUCTS) and missing_products.is_asked_for(
        before, recreate=settings.recreate_missing
    ):
        try:
            credentials = folders.credentials()
        except NoCouplingError as error:
            logger.warning("%s Optiply is not asked which products are gone.", error)
            credentials = None
        if credentials is not None:
            with _api(credentials, on_token) as optiply:
                try:
                    return settle_missing(settings, folders, before, optiply, now)
                except (OptiplyUnavailable, OptiplyCredentialsError) as error:
                    logger.warning("%s It is not known which products are gone.", error)
    return missing_products.renewed(before)


def settle_missing(
    settings: Settings, folders: Folders, before: Snapshots, optiply: Optiply, now: datetime
) -> Snapshots:
    """Ask the API about products that may be gone, and create them again where the flag is set.

    Raises:
        EtlError: Optiply cannot be reached, or refuses a product.
    """
    return missing_products.settled(
        before,
        optiply,
        recreate=settings.recreate_missing,
        now=now,
        remember=lambda memory: transaction.replace(
            folders.snapshots, evidence.FILE, memory.as_bytes()
        ),
    )


def _existing_without_snapshots(
    settings: Settings, folders: Folders, before: Snapshots, inputs: Inputs, on_token: OnToken
) -> dict[str, pd.DataFrame]:
    """Read what is there already where no snapshot says and the host has given credentials."""
    made = FLAVOURS[settings.flavour].entities
    told = [
        entity.name for entity in made if before[entity].exists or before[entity].host is not None
    ]
    if len(told) == len(made):
        return {}
    try:
        credentials = folders.credentials()
    except NoCouplingError as error:  # of use to push alone; data.singer can be made without
        logger.warning("%s Optiply is not asked what it has already.", error)
        return {}
    if credentials is None:
        return {}
    with _api(credentials, on_token) as optiply:
        return existing_of(settings, before, inputs, optiply, credentials.coupling_id, but=told)


def _api(credentials: Credentials, on_token: OnToken) -> Optiply:
    from amazon_optiply_etl.optiply.client import Optiply  # noqa: PLC0415 - only who calls pays for it

    return Optiply(credentials, on_token=on_token)

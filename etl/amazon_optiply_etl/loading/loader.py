"""Hands the rows of an entity to a loader, and says what became of each.

A loader is where rows go: `PayloadLoader` lays them out for files, `push` sends them to Optiply's API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from amazon_optiply_etl.mapping_report.articles import Articles
from amazon_optiply_etl.mapping_report.figures import Figures
from amazon_optiply_etl.optiply.entities import ENTITIES
from amazon_optiply_etl.optiply.payloads import FORMS, payloads
from amazon_optiply_etl.state.deliveries import CREATION
from amazon_optiply_etl.state.evidence import Evidence
from amazon_optiply_etl.state.snapshots import from_text
from amazon_optiply_etl.tables.columns import by_key
from amazon_optiply_etl.tables.dtypes import TEXT, no_texts
from amazon_optiply_etl.tables.matching import first_known, known, mapped
from amazon_optiply_etl.tables.packed_texts import PackedTexts
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import DONE_BEFORE, GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import Inputs
    from amazon_optiply_etl.inputs.streams import Stream
    from amazon_optiply_etl.mapping_report.report import Tally
    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.state.snapshots import SentRows, Snapshots
    from amazon_optiply_etl.state.waiting import Waiting


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """What a loader made of rows.

    Attributes:
        ids: remoteId -> Optiply id of the rows that were accepted; null where it is not known yet.
        refused: remoteId -> outcome of the others.
        count: How many were accepted, counted where they went.
        in_output: Whether accepted rows are found by their remoteId, because the rows that refer to
            them are loaded together with them.
    """

    ids: pd.Series[Any]
    refused: Mapping[str, str]
    count: int
    in_output: bool


class Loader(Protocol):
    """Where the rows of a run go.

    Attributes:
        is_late: Whether rows are loaded after the run, by somebody else.
    """

    is_late: bool

    def load(
        self,
        entity: Entity,
        table: pd.DataFrame,
        lines: pd.DataFrame | None,
        last: tuple[int, ...] | None = None,
    ) -> LoadOutcome:
        """Take rows of an entity, laid out as `payloads` wants them.

        Args:
            entity: What they are.
            table: The rows.
            lines: Of an entity with lines: those of all rows.
            last: Of rows that go after all entities: their place among these.
        """

    def remember(self, entity: Entity, there: pd.DataFrame) -> None:
        """Keep remoteId and optiply_id of rows that Optiply has, which no snapshot says yet."""


@dataclass(frozen=True, slots=True)
class PayloadPart:
    """Rows of an entity, laid out.

    Attributes:
        entity: What they are.
        texts: Their lines of JSON in each form.
        remote_ids: Their remoteIds, in the order of the lines.
        last: Of rows that go after all entities: their place among these; null of all others.
    """

    entity: Entity
    texts: Mapping[str, PackedTexts]
    remote_ids: pd.Series[Any]
    last: tuple[int, ...] | None


@dataclass(slots=True)
class PayloadLoader:
    """Lays rows out as payloads and keeps their texts.

    Attributes:
        forms: The forms that are wanted.
        finds_remote_ids: Whether their reader finds a row of the same run by its remoteId, as
            target-optiply v2 does and v1 does not.
        is_late: Whether somebody else loads the rows after the run.
        parts: What was laid out, in the order in which it came.
    """

    forms: Collection[str] = FORMS
    finds_remote_ids: bool = True
    is_late: bool = True
    parts: list[PayloadPart] = field(default_factory=list)

    def load(
        self,
        entity: Entity,
        table: pd.DataFrame,
        lines: pd.DataFrame | None,
        last: tuple[int, ...] | None = None,
    ) -> LoadOutcome:
        """Lay rows out; all are accepted.

        Raises:
            EtlError: a row does not fit its schema.
        """
        texts = {form: PackedTexts() for form in self.forms}
        count = 0
        for some in payloads(entity, table, lines, self.forms):
            count += some.count
            for form, lines_of_json in some.texts.items():
                texts[form].add(lines_of_json)
        self.parts.append(PayloadPart(entity, texts, table["remoteId"], last))
        ids = by_key(table, "remoteId", "optiply_id")
        in_output = self.finds_remote_ids and last is None
        return LoadOutcome(ids, {}, count=count, in_output=in_output)

    @property
    def in_order(self) -> list[PayloadPart]:
        """The parts in the order of the output: entity by entity, then what goes last of all."""
        return sorted(self.parts, key=lambda part: (part.last is not None, part.last or ()))

    def remember(self, entity: Entity, there: pd.DataFrame) -> None:
        """Do nothing: until the run has ended, nothing of it counts."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """A run's surroundings: what all flavours work with.

    Attributes:
        settings: The flags.
        inputs: The records.
        before: The snapshots.
        existing: Entity name -> what the Optiply API says is there already, as `Snapshots` have it.
        loader: Where the rows go.
        now: The time of the run.
        keep: Called with what answers the records that must not be lost, before the first row goes.
    """

    settings: Settings
    inputs: Inputs
    before: Snapshots
    existing: Mapping[str, pd.DataFrame]
    loader: Loader
    now: datetime
    keep: Callable[[Callable[[], Mapping[Stream, pd.DataFrame]]], None] = lambda _records: None

    def taken(self, entity: Entity) -> pd.Index[Any]:
        """Return the remoteIds of the rows that Optiply has; what was only written is none of them."""
        if entity.name in self.existing:
            return self.ids(entity).index
        return self.before[entity].taken

    def awaits(self, entity: Entity) -> bool:
        """Return whether rows that go out now are known to have arrived only by a later run."""
        return self.before[entity].evidence is not Evidence.WRITTEN and self.loader.is_late

    def kept(self, entity: Entity) -> pd.Index[Any]:
        """Return the remoteIds of rows that count as sent, and whose records stay all the same."""
        if self.before[entity].evidence is not Evidence.KEPT:
            return pd.Index([], dtype=TEXT)
        reviewed = self.before.reviewed
        rows = (reviewed["entity"] == entity.name).fillna(value=False).astype(bool)
        kept: pd.Index[Any] = pd.Index(reviewed.loc[rows, "remoteId"], dtype=TEXT)
        return kept

    def ids(self, entity: Entity) -> pd.Series[Any]:
        """Return remoteId -> Optiply id (null if not known) of the rows that Optiply has.

        Where its API has been asked, rows of a snapshot that it does not know are none: `build` wrote
        them, and nothing has loaded them.
        """
        own = self.before[entity].ids
        there = self.existing.get(entity.name)
        if there is None:
            return own
        found = there[there["remoteId"].notna()].drop_duplicates("remoteId")
        return known(own.combine_first(by_key(found, "remoteId", "optiply_id")).astype(TEXT))


@dataclass(frozen=True, slots=True)
class LoadedEntity:
    """What became of the rows of an entity.

    Attributes:
        entity: What they are.
        table: The rows with `outcome`.
        ids: remoteId -> Optiply id of all rows that are in Optiply now, of this run or an earlier one.
        in_output: remoteIds of rows that are found in this run's output.
        count: How many rows went out.
        snapshot: The entity's snapshot after the run; null where it stays as it is.
        awaited: Whether only a later run knows if the rows that went out have arrived.
        lines: Of an entity with lines: those of all rows.
    """

    entity: Entity
    table: pd.DataFrame
    ids: pd.Series[Any]
    in_output: pd.Index[Any]
    count: int
    snapshot: pd.DataFrame | None
    awaited: bool = False
    lines: pd.DataFrame | None = None

    @property
    def gone_out(self) -> pd.DataFrame:
        """The rows that went out."""
        return _where(self.table, self.table["outcome"] == GOES_OUT)


@dataclass(frozen=True, slots=True)
class FlavourResult:
    """What a flavour has made of its records.

    Attributes:
        tallies: What became of the records, by stream, and of the rows, by entity.
        written: Tally -> how many of it went out, counted where they went.
        notes: What a reader should know, as note -> ids.
        steps: The entities, in the order in which they were loaded.
        waiting: Lays out the records that are kept for the next run, when it is first called.
        figures: What the mapping report draws.
        articles: What it says of each article.
        asins: The EANs of ASINs that the next run needs, as its snapshots have them.
        costs: Of when the orders are that reported a vendor's costs, likewise.
    """

    tallies: tuple[Tally, ...]
    written: Mapping[str, int]
    notes: Mapping[str, list[str]]
    steps: tuple[LoadedEntity, ...]
    waiting: Callable[[], Waiting]
    figures: Figures = field(default_factory=Figures)
    articles: Articles = field(default_factory=Articles)
    asins: pd.DataFrame | None = None
    costs: pd.DataFrame | None = None


def load_entity(
    context: RunContext,
    entity: Entity,
    table: pd.DataFrame,
    lines: pd.DataFrame | None = None,
    *,
    held: pd.Series[Any] | None = None,
    ours: pd.Series[Any] | None = None,
    last: pd.Index[Any] | None = None,
) -> LoadedEntity:
    """Send the rows that are new or changed, and those that were written and not taken.

    Args:
        context: The run.
        entity: What the rows are.
        table: The rows: remoteId, fields, references by remoteId and by Optiply id; perhaps optiply_id.
        lines: Of an entity with lines: those of all rows.
        held: remoteId -> outcome of the rows that stay as they were.
        ours: The remoteIds that may be ours, of what Optiply has; all without it.
        last: remoteIds of rows that go last of all, where a refusal stops nothing else.
    """
    before, ids = context.before[entity], context.ids(entity)
    table = with_unsettled(context, entity, table)
    if "optiply_id" not in table:
        table = table.assign(optiply_id=mapped(table["remoteId"], ids))
    forced = entity.snapshot in context.settings.forced
    outcome = before.outcomes(
        table, lines, context.now, forced=forced, at_once=not context.loader.is_late
    )
    anew = _refer_to_new_ids(context, entity, table)
    if anew.any():
        outcome = outcome.mask(anew, GOES_OUT)
    if entity.name in context.existing:
        outcome = outcome.mask(table["optiply_id"].isna(), GOES_OUT)
    if held is not None and len(held):
        outcome = mapped(table["remoteId"], held).fillna(outcome)
    if not context.settings.sends(entity):
        not_synced = pd.Series(outcomes.NOT_SYNCED, index=table.index, dtype=TEXT)
        return LoadedEntity(
            entity,
            table.assign(outcome=not_synced),
            ids=ids,
            in_output=pd.Index([], dtype=TEXT),
            count=0,
            snapshot=None,
        )
    there = _there_before(context, entity, table, ours)
    context.loader.remember(entity, there)
    going = _where(table, outcome == GOES_OUT).reset_index(drop=True)
    parts = _in_parts(going, before, last) if context.loader.is_late else [(None, going)]
    loaded = [context.loader.load(entity, part, lines, place) for place, part in parts]
    if any(each.refused for each in loaded):
        refused = pd.Series({k: v for each in loaded for k, v in each.refused.items()}, dtype=TEXT)
        outcome = mapped(table["remoteId"], refused).fillna(outcome)
    new_ids = known(loaded[0].ids if len(loaded) == 1 else pd.concat([e.ids for e in loaded]))
    table = table.assign(
        outcome=outcome,
        optiply_id=mapped(table["remoteId"], new_ids).fillna(table["optiply_id"]),
    )
    kept = _where(table, outcome.isin([GOES_OUT, *DONE_BEFORE]))
    accepted = _where(kept, kept["outcome"] == GOES_OUT)
    if len(before.deliveries):  # what is not due yet stays in the snapshot as it was written
        later = kept["remoteId"].isin(before.deliveries["remoteId"]) & (kept["outcome"] != GOES_OUT)
        kept = _where(kept, ~later.astype(bool))
    if not entity.kept_up:
        kept = accepted
    found = [
        part["remoteId"] for (_, part), each in zip(parts, loaded, strict=True) if each.in_output
    ]
    in_output = accepted["remoteId"]
    if len(parts) > 1 or not found:
        in_output = in_output[in_output.isin(pd.concat(found) if found else []).astype(bool)]
    others = _where(table, ~outcome.isin([GOES_OUT, *DONE_BEFORE]))["remoteId"]
    return LoadedEntity(
        entity,
        table,
        # Rows that are not in Optiply yet are expected there: what refers to them waits.
        ids=first_known(
            new_ids,
            ids,
            *(each.ids for each in loaded),
            pd.Series(pd.NA, index=pd.Index(others, dtype=TEXT), dtype=TEXT),
        ),
        in_output=pd.Index(in_output, dtype=TEXT),
        count=sum(each.count for each in loaded),
        snapshot=_with(before.after(kept), there),
        awaited=context.awaits(entity),
        lines=lines,
    )


def _refer_to_new_ids(context: RunContext, entity: Entity, table: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows of an entity that is kept up refer to one that was created again."""
    found = pd.Series(data=False, index=table.index)
    for reference in entity.references if entity.kept_up else ():
        if anew := list(context.before.sent[reference.entity].renewed):
            found |= table[reference.column].isin(anew).astype(bool)
    return found


def with_unsettled(context: RunContext, entity: Entity, table: pd.DataFrame) -> pd.DataFrame:
    """Add the rows that were written, are not known to have arrived, and are not among a run's rows.

    The snapshot has them as they were written. Rows with lines are incomplete there: their records wait.
    """
    before = context.before[entity]
    if entity.lines or before.evidence is Evidence.WRITTEN or before.frame.empty:
        return table
    if not context.loader.is_late or not context.settings.sends(entity):
        return table
    rows = before.frame["remoteId"].isin(before.unsettled) & ~before.frame["remoteId"].isin(
        table["remoteId"]
    )
    unsettled = before.frame[rows.astype(bool)]
    if unsettled.empty:
        return table
    typed = from_text(entity, unsettled).drop(columns="optiply_id")
    if "optiply_id" in table:
        typed = typed.assign(optiply_id=mapped(typed["remoteId"], context.ids(entity)))
    return pd.concat([table, typed], ignore_index=True)


def as_written(
    context: RunContext, entity: Entity, table: pd.DataFrame, held: pd.Series[Any]
) -> tuple[pd.DataFrame, pd.Series[Any]]:
    """Have rows that stay as they were go out as they were written, where Optiply has not taken that.

    Args:
        context: The run.
        entity: What the rows are.
        table: The rows.
        held: remoteId -> outcome of the rows that stay as they were.

    Returns:
        The rows without these, and `held` without them; `with_unsettled` adds them as they were written.
    """
    before = context.before[entity]
    if before.evidence is Evidence.WRITTEN or held.empty or not context.loader.is_late:
        return table, held
    again = held.index[held.index.isin(before.unsettled)]
    return table[~table["remoteId"].isin(again).astype(bool)], held[~held.index.isin(again)]


def _in_parts(
    going: pd.DataFrame, before: SentRows, last: pd.Index[Any] | None
) -> list[tuple[tuple[int, ...] | None, pd.DataFrame]]:
    """Split rows by where they stand in the output, those that go last of all in the order of trial.

    What was written before and not taken goes after all others of its entity; suspects go after all
    entities, changes first: the creations after them show whether they arrived.

    Returns:
        Place among what goes last of all (null of what does not), and the rows.
    """
    if going.empty:
        return [(None, going)]
    doubted = before.deliveries
    own_last = going["remoteId"].isin(last if last is not None else []).astype(bool)
    missing = going["remoteId"].isin(before.not_taken).astype(bool)
    if doubted.empty and not own_last.any() and not missing.any():
        return [(None, going)]
    of_rows = doubted.set_index("remoteId").reindex(going["remoteId"])
    of_rows.index = going.index
    again = of_rows["kind"].notna() | missing
    suspect = of_rows["suspect"].fillna(value=False).astype(bool) | own_last
    normal = going[~suspect]
    normal = pd.concat([normal[~again[~suspect]], normal[again[~suspect]]], ignore_index=True)
    parts: list[tuple[tuple[int, ...] | None, pd.DataFrame]] = [(None, normal)]
    tail = going[suspect].assign(
        creation=(of_rows["kind"].fillna(CREATION) == CREATION).astype(int)[suspect],
        # The one that is known to have been tried last comes after those that it kept from a trial.
        blamed=of_rows["blamed"].fillna(value=False).astype(int)[suspect]
        if "blamed" in of_rows
        else 0,
        attempts=of_rows["attempts"].fillna(0).astype(int)[suspect],
    )
    place = ["creation", "blamed", "attempts"]
    order = ENTITIES.index(before.entity)
    for key, rows in tail.groupby(place, sort=True):
        creation, blamed, attempts = (int(str(each)) for each in key)
        parts.append(
            ((creation, blamed, attempts, order), rows.drop(columns=place).reset_index(drop=True))
        )
    return parts


def _where(table: pd.DataFrame, holds: pd.Series[Any]) -> pd.DataFrame:
    """Return the rows for which a condition holds, without a copy where that is all."""
    rows = holds.to_numpy(bool)
    return table if rows.all() else table[rows]


def _there_before(
    context: RunContext, entity: Entity, table: pd.DataFrame, ours: pd.Series[Any] | None
) -> pd.DataFrame:
    """Return remoteId and optiply_id of what Optiply has already and no snapshot says.

    They are of use when there is a snapshot: without them, what did not go out would be made next time.
    """
    columns = ["remoteId", "optiply_id"]
    there = context.existing.get(entity.name)
    if there is None:
        return no_texts(columns)
    if ours is not None:
        there = there[there["remoteId"].isin(ours).astype(bool)]
    rows = pd.concat([table[columns], there[columns]]).dropna().drop_duplicates("remoteId")
    return rows[~rows["remoteId"].isin(context.before[entity].frame["remoteId"]).astype(bool)]


def _with(snapshot: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """Add rows to a snapshot of which nothing but their ids is known."""
    if there.empty:
        return snapshot
    new = there[~there["remoteId"].isin(snapshot["remoteId"]).astype(bool)]
    if new.empty:
        return snapshot
    rows = new.reindex(columns=snapshot.columns).astype(TEXT)
    return pd.concat([snapshot, rows], ignore_index=True)

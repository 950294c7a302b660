"""Hands the rows of an entity to a loader, and tells what became of each.

A loader is where rows go: `PayloadLoader` lays them out for files, `push` sends them to Optiply's API.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from amazon_optiply_etl.mapping_report.articles import Articles
from amazon_optiply_etl.mapping_report.figures import Figures
from amazon_optiply_etl.optiply.payloads import FORMS, payloads
from amazon_optiply_etl.tables.dtypes import TEXT
from amazon_optiply_etl.tables.matching import first_known, known, mapped
from amazon_optiply_etl.tables.packed_texts import PackedTexts
from amazon_optiply_etl.verdicts import outcomes
from amazon_optiply_etl.verdicts.outcomes import DONE_BEFORE, GOES_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from amazon_optiply_etl.config.settings import Settings
    from amazon_optiply_etl.inputs.folder import Inputs
    from amazon_optiply_etl.inputs.streams import Stream
    from amazon_optiply_etl.mapping_report.report import Tally
    from amazon_optiply_etl.optiply.entities import Entity
    from amazon_optiply_etl.state.snapshots import Snapshots


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
    """Where the rows of a run go."""

    def load(self, entity: Entity, table: pd.DataFrame, lines: pd.DataFrame | None) -> LoadOutcome:
        """Take rows of an entity, laid out as `payloads` wants them."""

    def remember(self, entity: Entity, there: pd.DataFrame) -> None:
        """Keep remoteId and optiply_id of rows that Optiply has, which no snapshot tells yet."""


@dataclass(slots=True)
class PayloadLoader:
    """Lays rows out as payloads and keeps their texts, in the order in which they come.

    Attributes:
        forms: The forms that are wanted.
        finds_remote_ids: Whether their reader finds a row of the same run by its remoteId, as
            target-optiply v2 does and v1 does not.
        texts: Entity name -> the entity and its lines of JSON in each form.
    """

    forms: Collection[str] = FORMS
    finds_remote_ids: bool = True
    texts: dict[str, tuple[Entity, dict[str, PackedTexts]]] = field(default_factory=dict)

    def load(self, entity: Entity, table: pd.DataFrame, lines: pd.DataFrame | None) -> LoadOutcome:
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
        self.texts[entity.name] = entity, texts
        ids = table.set_index("remoteId")["optiply_id"]
        return LoadOutcome(ids, {}, count=count, in_output=self.finds_remote_ids)

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
        keep: Called with what answers the records that must not be lost, before the first row goes.
    """

    settings: Settings
    inputs: Inputs
    before: Snapshots
    existing: Mapping[str, pd.DataFrame]
    loader: Loader
    keep: Callable[[Callable[[], Mapping[Stream, pd.DataFrame]]], None] = lambda _records: None

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
        return known(own.combine_first(found.set_index("remoteId")["optiply_id"]).astype(TEXT))


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
    """

    entity: Entity
    table: pd.DataFrame
    ids: pd.Series[Any]
    in_output: pd.Index[Any]
    count: int
    snapshot: pd.DataFrame | None


@dataclass(frozen=True, slots=True)
class FlavourResult:
    """What a flavour has made of its records.

    Attributes:
        tallies: What became of the records, by stream, and of the rows, by entity.
        written: Tally -> how many of it went out, counted where they went.
        notes: What a reader should know, as note -> ids.
        steps: The entities, in the order in which they were loaded.
        waiting: Records that are kept for the next run.
        figures: What the mapping report draws.
        articles: What it says of each article.
        asins: The EANs of a vendor's ASINs, as the next run has them in its snapshots.
    """

    tallies: tuple[Tally, ...]
    written: Mapping[str, int]
    notes: Mapping[str, list[str]]
    steps: tuple[LoadedEntity, ...]
    waiting: Mapping[Stream, pd.DataFrame]
    figures: Figures = field(default_factory=Figures)
    articles: Articles = field(default_factory=Articles)
    asins: pd.DataFrame | None = None


def load_entity(
    context: RunContext,
    entity: Entity,
    table: pd.DataFrame,
    lines: pd.DataFrame | None = None,
    *,
    held: pd.Series[Any] | None = None,
    ours: pd.Series[Any] | None = None,
) -> LoadedEntity:
    """Send the rows that are new or changed.

    Args:
        context: The run.
        entity: What the rows are.
        table: The rows: remoteId, fields, references by remoteId and by Optiply id; perhaps optiply_id.
        lines: Of an entity with lines: those of all rows.
        held: remoteId -> outcome of the rows that stay as they were.
        ours: The remoteIds that may be ours, of what Optiply has; all without it.
    """
    before, ids = context.before[entity], context.ids(entity)
    if "optiply_id" not in table:
        table = table.assign(optiply_id=mapped(table["remoteId"], ids))
    outcome = before.outcomes(table, forced=entity.snapshot in context.settings.forced)
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
    loaded = context.loader.load(entity, going, lines)
    if loaded.refused:
        refused = pd.Series(loaded.refused, dtype=TEXT)
        outcome = mapped(table["remoteId"], refused).fillna(outcome)
    new_ids = known(loaded.ids)
    table = table.assign(
        outcome=outcome,
        optiply_id=mapped(table["remoteId"], new_ids).fillna(table["optiply_id"]),
    )
    kept = _where(table, outcome.isin([GOES_OUT, *DONE_BEFORE]))
    accepted = _where(kept, kept["outcome"] == GOES_OUT)
    if not entity.kept_up:
        kept = accepted
    return LoadedEntity(
        entity,
        table,
        ids=first_known(new_ids, ids, loaded.ids),
        in_output=pd.Index(accepted["remoteId"] if loaded.in_output else [], dtype=TEXT),
        count=loaded.count,
        snapshot=_with(before.after(kept), there),
    )


def _where(table: pd.DataFrame, holds: pd.Series[Any]) -> pd.DataFrame:
    """Return the rows for which a condition holds, without a copy where that is all."""
    rows = holds.to_numpy(bool)
    return table if rows.all() else table[rows]


def _there_before(
    context: RunContext, entity: Entity, table: pd.DataFrame, ours: pd.Series[Any] | None
) -> pd.DataFrame:
    """Return remoteId and optiply_id of what Optiply has already and no snapshot tells.

    They are of use when there is a snapshot: without them, what did not go out would be made next time.
    """
    columns = ["remoteId", "optiply_id"]
    there = context.existing.get(entity.name)
    if there is None:
        return table.iloc[:0][columns].astype(TEXT)
    if ours is not None:
        there = there[there["remoteId"].isin(ours).astype(bool)]
    rows = pd.concat([table[columns], there[columns]]).dropna().drop_duplicates("remoteId")
    return rows[~rows["remoteId"].isin(context.before[entity].frame["remoteId"]).astype(bool)]


def _with(snapshot: pd.DataFrame, there: pd.DataFrame) -> pd.DataFrame:
    """Add rows to a snapshot of which nothing but their ids is known."""
    new = there[~there["remoteId"].isin(snapshot["remoteId"]).astype(bool)]
    if new.empty:
        return snapshot
    rows = new.reindex(columns=snapshot.columns).astype(TEXT)
    return pd.concat([snapshot, rows], ignore_index=True)

"""The run of one account: tap, target, ETL and push; then all that it has come to, in one transaction.

What the target holds and what Optiply has answered lies outside of that transaction: it is done before,
at least once, and the target's keys and the push's journal make it exactly once.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amazon_fleet.account_run import database_target, files_target, piped_target
from amazon_fleet.account_run.folder import RunFolder
from amazon_fleet.account_run.messages import count_records
from amazon_fleet.account_run.turn import Turn
from amazon_fleet.accounts.account import COMMAND, DATABASE, FILES
from amazon_fleet.accounts.limits import limits_of
from amazon_fleet.accounts.secrets import resolved
from amazon_fleet.errors import FleetError
from amazon_fleet.limits.plan import SharedPlan
from amazon_fleet.limits.postgres import PostgresLimits
from amazon_fleet.store import history
from amazon_fleet.store.database import Database
from amazon_optiply_etl import interface as etl
from amazon_optiply_etl.errors import EtlError
from amazon_optiply_etl.optiply.errors import OptiplyCredentialsError
from amazon_selling_partner import CredentialsError, SellingPartnerError
from tap_amazon_seller.errors import ConfigurationError, TapError
from tap_amazon_seller.interface import AmazonSeller

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from amazon_fleet.account_run.guard import Guard
    from amazon_fleet.account_run.order import RunOrder
    from amazon_fleet.account_run.session import Session
    from amazon_fleet.accounts.account import Account
    from amazon_fleet.store.states import Kept

_REFUSED = (CredentialsError, OptiplyCredentialsError)
_KNOWN = (FleetError, SellingPartnerError, TapError, EtlError)
_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class AccountRun:
    """A run while it takes place.

    Attributes:
        order: What is to be run.
        session: Its connection, with the account's lock.
        guard: What ends it early.
        figures: What it has counted, for the history.
        next_at: When another run is worth its while for what this one's tap has left; null for none.
    """

    order: RunOrder
    session: Session
    guard: Guard
    figures: dict[str, Any] = field(default_factory=dict)
    next_at: datetime | None = None
    _began: float = field(default_factory=time.monotonic)
    _turn: Turn = field(init=False)

    def __post_init__(self) -> None:
        self._turn = Turn(self.order.folder)

    def take_place(self, account: Account) -> None:
        """Run the account, and write its end and what it has come to.

        Raises:
            LockLostError: the lock is gone, so that nothing was kept.
        """
        folder = RunFolder(self.order.folder / "accounts" / account.name)
        result: dict[str, Any] = {}
        try:
            outcome, sentence, result, refused = self._steps(account, folder)
        except _KNOWN as error:
            outcome, sentence, refused = history.FAILED, str(error), isinstance(error, _REFUSED)
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            outcome, refused = history.FAILED, False
            sentence = f"{where}{error.strerror or type(error).__name__}."
        if sentence is not None:
            _logger.warning("%s: %s", outcome, sentence)
        self.session.enter("save")
        folder.reduce()  # nobody waits for it afterwards
        self.session.finish(
            outcome, sentence, self._all_figures(), pause=refused, next_at=self.next_at, **result
        )
        self._turn.leave()

    def _steps(
        self, account: Account, folder: RunFolder
    ) -> tuple[str, str | None, dict[str, Any], bool]:
        """Return outcome, sentence, what is to be kept, and whether credentials were refused."""
        kept = self.session.kept()
        folder.lay_out(kept.files, kept.journal)
        self.session.enter("tap")
        state, failure = self._sync(account, folder, kept)
        self.figures["records"] = count_records(folder.records)
        if failure is not None and state == (kept.state or {}):
            raise failure
        if account.target is not None:
            self.session.enter("target")
            state = self._deliver(account, folder, kept, state)
        result: dict[str, Any] = {"state": state}
        if account.etl is not None:
            result |= self._load(account, folder)
        if failure is None:
            return history.SUCCEEDED, None, result, False
        return history.INCOMPLETE, str(failure), result, isinstance(failure, _REFUSED)

    def _sync(
        self, account: Account, folder: RunFolder, kept: Kept
    ) -> tuple[dict[str, Any], Exception | None]:
        """Run the tap; answers the state after it, and what had it stop.

        Raises:
            ConfigurationError: a setting is wrong; nothing was synced.
        """
        settings = resolved(account.amazon, account.name)
        limits = self._limits(account, settings)
        seller = AmazonSeller(settings, kept.state, shared_limits=limits)
        with contextlib.closing(limits), folder.records.open("wb", buffering=1 << 18) as output:
            try:
                return seller.write(output, account.streams or None), None
            except ConfigurationError:
                raise
            except (SellingPartnerError, TapError) as error:
                return seller.state, error
            finally:
                self.figures["refused"] = dict(limits.refused)
                self.next_at = seller.next_sync_at

    def _limits(self, account: Account, settings: Mapping[str, Any]) -> PostgresLimits:
        """What the account shares with others of its application and its seller."""
        plan = SharedPlan.of(
            limits_of(account.limits, f"{account.name}: limits"),
            account.name,
            application=str(settings.get("lwa_client_id") or ""),
            seller=str(settings.get("selling_partner_id") or ""),
        )
        factor = float(settings.get("clock_factor") or 1.0)
        return PostgresLimits(Database(self.order.url).connect, plan, factor=factor)

    def _deliver(
        self, account: Account, folder: RunFolder, kept: Kept, state: dict[str, Any]
    ) -> dict[str, Any]:
        """Hand the records to the target; answers the state that it covers."""
        assert account.target  # noqa: S101 - the caller looked
        settings = account.target.settings
        if account.target.kind == FILES:
            path = self.order.folder / Path(settings["path"]).expanduser() / account.name
            files_target.write(folder.records, path, kept.run)
        elif account.target.kind == DATABASE:
            where = resolved(settings, f"{account.name}: target")
            schema = where.get("schema", database_target.DEFAULT_SCHEMA)
            database_target.load(folder.records, where["url"], schema, account.name)
        elif account.target.kind == COMMAND:
            config = settings.get("config")
            if config is not None:
                config = resolved(config, f"{account.name}: target.config")
            return piped_target.load(
                folder.records, settings["command"], config, folder.path, self._started
            )
        return state

    def _started(self, process: int | None) -> None:
        self.guard.program = process

    def _load(self, account: Account, folder: RunFolder) -> dict[str, Any]:
        """Build the payloads, and push them where there are credentials; answers what is to be kept."""
        flags = dict(account.etl or {})
        if account.optiply is None:
            self.session.enter("build")
            self._turn.take()
            report = etl.build(folder.path, **flags)
        else:
            self.session.enter("push")
            self._turn.take()
            credentials = resolved(account.optiply, f"{account.name}: optiply")
            report = etl.push(
                folder.path,
                credentials=credentials,
                copy=self.session.copy_journal,
                calling=self._turn.away,
                **flags,
            )
        self.figures["etl"] = report.get("counts")
        return {"files": folder.snapshot_files(), "journal": folder.journal()}

    def _all_figures(self) -> dict[str, Any]:
        """Return what the history keeps: counts, seconds, CPU seconds, bytes of memory of its own."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            **self.figures,
            "seconds": round(time.monotonic() - self._began, 3),
            "cpu": round(used.ru_utime + used.ru_stime, 3),
            "memory": self.guard.most_memory,
        }

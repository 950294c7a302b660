"""A sync: its streams in turns, what it says at its end, and how a signal stops it."""

from __future__ import annotations

import contextlib
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from tap_amazon_seller import closing, progress
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.instants import minutes
from tap_amazon_seller.listening import Listening
from tap_amazon_seller.output.batch_files import BatchSettings, remove_unfinished
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.rejected import RejectedRowsStream
from tap_amazon_seller.streams.summary import SyncSummary
from tap_amazon_seller.tap.configured import ConfiguredTap
from tap_amazon_seller.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime
    from types import FrameType

    from tap_amazon_seller.account.selling_account import SellingAccount
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream


class SyncingTap(ConfiguredTap):
    """Syncs the selected streams."""

    def sync(self) -> None:
        """Sync the selected streams.

        Raises:
            SellingPartnerError: Amazon's answers had it stop; the rest holds here, too.
            TapError: The sync had to stop, or is incomplete and `fail_on_incomplete` is set. The last
                STATE message is where the next sync continues.
        """
        with self.running():
            self._sync_in_turns()

    @contextlib.contextmanager
    def running(self) -> Iterator[SellingAccount]:
        """The account while its reports are under way; afterwards what is missing is said.

        Raises:
            SellingPartnerError: Amazon's answers had it stop.
            TapError: As for `sync`.
        """
        if not any(stream.selected for stream in self.streams.values()):
            self.logger.warning("The catalog selects no stream, so there is nothing to sync.")
        for stream in self.streams.values():
            if stream.selected:
                cast("AmazonStream", stream).check_installation()
        self.message_writer.ensure_open()
        try:
            account = self.account  # starts all reports, or fails before the first message
            if batches := BatchSettings.from_config(self.config):
                remove_unfinished(batches.folder)
            for name in (RejectedRowsStream.name, SyncSummary.name):  # these come last
                self.streams[name] = self.streams.pop(name)
            names = self._names_of_reports()
            with progress.shown(
                account.queue,
                account.clock,
                account.machine,
                names=names,
                records=self._records_so_far,
            ):
                yield account
            account.tell_unread()
            self._keep_for_next()
            self._report_figures(account)
        except BrokenPipeError:
            raise TapError("The target has closed the pipe; the sync stops.") from None
        except BaseException:
            if self._account:
                self._account.tell_unread()
                self._keep_for_next()
            self.state_writer.write_state(self.state)
            raise
        finally:
            self.message_writer.flush()
            if self._account:
                self._account.close()
        self.next_sync_at = account.next_sync_at
        self._report_due(account)
        self._report_incomplete(account.tally.incomplete)

    def _sync_in_turns(self) -> None:
        """Sync all selected streams, what is ready first; the SDK's `sync_all` goes by the alphabet."""
        self.prepare_streams()
        # Targets that flush stream by stream (target-duckdb and others of PipelineWise's kind) take the
        # first state that they read for one up to which nothing is to be loaded: so it is the given one,
        # and there is one where none was given.
        self.state.setdefault("bookmarks", {})
        self.state_writer.write_state(self.state)
        for stream in self.streams.values():
            if not stream.selected:
                self.logger.debug("Skipping deselected stream '%s'.", stream.name)
        selected = [stream for stream in self.streams.values() if stream.selected]
        Turns(
            cast("Sequence[AmazonStream]", selected),
            self.account.queue,
            leaves=self.account.settings.leaves_reports,
            done=self._report_stream,
            then=self._listen,
        ).take()
        for stream in selected:
            stream.log_sync_costs()

    def _listen(self) -> None:
        """Stay and emit changes as they come, where that is wanted."""
        account = self.account
        if self.listens and account.inbox:
            self.logger.info("Listening for %s.", account.settings.listen_time)
            write_state = partial(self.state_writer.write_state, self.state)
            Listening(
                account.inbox,
                self.changes,
                account.clock,
                account.settings.listen_time,
                write_state,
            ).run()

    def _report_stream(self, stream: AmazonStream) -> None:
        """Say in a line what has been read of a stream."""
        if rows := closing.rows_of(stream, self.account):
            self.logger.info("%s", closing.sentence(rows))

    def _report_figures(self, account: SellingAccount) -> None:
        """Close the log with a table of what was read."""
        streams = cast("list[AmazonStream]", list(self.streams.values()))
        rows = [row for stream in streams for row in closing.rows_of(stream, account)]
        if rows:
            for line in closing.table(rows):
                self.logger.info("%s", line)

    def _names_of_reports(self) -> dict[str, str]:
        """The selected streams that read a report type, by its name."""
        found: dict[str, list[str]] = {}
        for name, stream in self.streams.items():
            if stream.selected and isinstance(stream, ReportStream):
                found.setdefault(stream.definition.report_type, []).append(name)
        return {report_type: ", ".join(names) for report_type, names in found.items()}

    def _records_so_far(self) -> dict[str, int]:
        """How many records have been read, by stream."""
        streams = cast("list[AmazonStream]", list(self.streams.values()))
        return {stream.name: stream.records_so_far for stream in streams if stream.records_so_far}

    def prepare_streams(self) -> None:
        """Have the streams begin from the state: without marks of an earlier sync's progress."""
        self._reset_state_progress_markers()
        self._set_compatible_replication_methods()

    def _report_due(self, account: SellingAccount) -> None:
        """Say what is left for later syncs, which is not a failure."""
        by_type: dict[str, list[datetime]] = {}
        for request in account.tally.due_requests:
            at = account.queue.readable_at(request)
            by_type.setdefault(request.definition.report_type, []).append(at)
        for report_type, instants in sorted(by_type.items()):
            self.logger.info(
                "%s: %d reports are due and left for the next syncs, the first from %s on, the last not "
                "before %s.",
                report_type, len(instants), minutes(min(instants)), minutes(max(instants)),
            )  # fmt: skip

        for operation, dues in sorted(account.tally.due_calls.items()):
            self.logger.info(
                "%s: %d calls are due and left for the next syncs, the first from %s on, the last not "
                "before %s.",
                operation,
                sum(due.windows for due in dues),
                minutes(min(due.first_at for due in dues)),
                minutes(max(due.last_at for due in dues)),
            )

    def _report_incomplete(self, incomplete: Collection[str]) -> None:
        """Say that the sync is incomplete; raise where that is to be a failure."""
        if incomplete and Settings.from_config(self.config).fail_on_incomplete:
            raise TapError(
                f"The sync is incomplete in {len(incomplete)} places (see the warnings above); the "
                "next one requests again what Amazon did not deliver ('fail_on_incomplete' is set)."
            )
        if incomplete:
            self.logger.warning(
                "The sync is incomplete in %d places (see the warnings above); the next one requests "
                "again what Amazon did not deliver.",
                len(incomplete),
            )

    @override
    def _setup_signal_handlers(self) -> None:
        """SIGHUP, the end of a terminal, ends a sync as SIGTERM does, unless it is ignored."""
        super()._setup_signal_handlers()
        if (
            threading.current_thread() is threading.main_thread()
            and hasattr(signal, "SIGHUP")
            and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
        ):
            signal.signal(signal.SIGHUP, self._handle_termination)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """On a signal stop between two messages and exit as a shell expects, not with 0."""
        self.logger.info("Stopped by a signal; the last state is where the next sync continues.")
        self.message_writer.exit_between_lines(128 + signum)

"""The tap: its command line, its streams, and how a run ends."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import threading
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar, cast

import click
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from amazon_selling_partner import NOTHING_SHARED, THIS_MACHINE, Redaction
from tap_amazon_seller import closing, progress, streams
from tap_amazon_seller.account import SellingAccount
from tap_amazon_seller.check_access import AccessCheck
from tap_amazon_seller.command_line import (
    EPILOG,
    TEST_HELP,
    TEST_VALUES,
    ConfigInput,
    OneSentenceCommand,
    leave_chatter_out,
    show_redacted,
)
from tap_amazon_seller.config import catalog_and_state, foreign_states, known_keys, settings
from tap_amazon_seller.config.custom_reports import custom_reports
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import ConfigurationError, TapError
from tap_amazon_seller.instants import minutes
from tap_amazon_seller.output.batch_files import BatchSettings, remove_unfinished
from tap_amazon_seller.output.messages import MessageWriter
from tap_amazon_seller.quotas import describe_quotas
from tap_amazon_seller.show_row import describe_row
from tap_amazon_seller.streams.kinds.amazon_stream import AccountTap
from tap_amazon_seller.streams.kinds.defined_stream import DefinedReportStream
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.matches import AsinMatches
from tap_amazon_seller.streams.rejected import RejectedRowsStream
from tap_amazon_seller.streams.summary import SyncSummary
from tap_amazon_seller.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime
    from types import FrameType

    import httpx
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from amazon_selling_partner import Machine, SharedLimits
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

LONGEST_LINE = 4_000  # characters of a line of the log
REPORTS = "reports"
"""The key of the state, beside `bookmarks`, with reports that were requested and not read yet."""
QUOTAS = "quotas"
"""The one with what is known of the limits of report types (see `ReportLimits`)."""


class TapAmazonSeller(AccountTap):
    """Singer tap for Amazon's Selling Partner API."""

    name = "tap-amazon-seller"
    config_jsonschema = copy.deepcopy(settings.CONFIG_JSONSCHEMA)  # to which the SDK adds its own
    message_writer_class = MessageWriter
    message_writer: MessageWriter
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.BATCH,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    redaction: ClassVar[Redaction] = Redaction(longest=LONGEST_LINE)
    """Makes every line of the log fit to be shown; knows the secrets of the sync."""
    machine: ClassVar[Machine] = THIS_MACHINE
    """Its time, and its threads."""
    transport: ClassVar[httpx.BaseTransport | None] = None
    """Sends requests instead of the network, in a simulation."""
    shared_limits: SharedLimits = NOTHING_SHARED
    """What other processes use up as well of Amazon's quotas."""
    _account: SellingAccount | None = None

    @cached_property
    def _moves_after_rejected(self) -> list[Callable[[], None]]:
        return []

    @property
    @override
    def passes_on_rejected(self) -> bool:
        """Whether `rejected_rows` is selected."""
        return self.streams[RejectedRowsStream.name].selected

    @override
    def after_rejected(self, move: Callable[[], None]) -> None:
        """Have a bookmark move once all rejected rows so far have been handed over."""
        self._moves_after_rejected.append(move)

    @override
    def move_bookmarks_after_rejected(self) -> None:
        """Move these bookmarks: all rejected rows have been handed over."""
        while self._moves_after_rejected:
            self._moves_after_rejected.pop(0)()

    @property
    @override
    def account(self) -> SellingAccount:
        """The account of the configuration; all reports of the sync are under way."""
        if self._account is None:
            account = self.open_account(Settings.from_config(self.config))
            self._account = account
            account.client  # noqa: B018 - its first call brings Amazon's time
            self._check_whose_state(account)
            catalog_and_state.check_bookmarks(self._bookmarks_in_use(), account.now())
            account.plan(
                stream.need()
                for stream in self.streams.values()
                if isinstance(stream, ReportStream) and stream.selected and not stream.is_withheld
            )
        return self._account

    def _check_whose_state(self, account: SellingAccount) -> None:
        """Refuse a state of another account, as far as it shows, and keep whose it is.

        Raises:
            ConfigurationError: It is of another account.
        """
        own, state = account.identity, self._state_of_reports
        if region := account.region:
            foreign_states.refuse_of_other_regions(state, region)
        if doubt := foreign_states.other_account(state, own):
            self.logger.warning("%s", doubt)
        if own:
            state[foreign_states.ACCOUNT] = own

    def open_account(self, checked: Settings, *, is_hurried: bool = False) -> SellingAccount:
        """The account of the settings; nothing is called yet."""
        return SellingAccount(
            checked,
            remembered=self.state.get(REPORTS),
            quotas=self.state.get(QUOTAS),
            remember=self._remember_reports,
            redaction=self.redaction,
            is_hurried=is_hurried,
            clock=checked.clock(self.machine),
            transport=self.transport,
            shared_limits=self.shared_limits,
        )

    def _bookmarks_in_use(self) -> dict[str, Any]:
        """The state's bookmarks of the streams that continue from them, by stream."""
        bookmarks = cast("dict[str, Any]", self.state.get("bookmarks") or {})
        return {
            name: bookmarks[name]
            for name, stream in self.streams.items()
            if name in bookmarks
            and stream.selected
            and stream.replication_method == REPLICATION_INCREMENTAL
        }

    @override
    def discover_streams(self) -> Sequence[AmazonStream]:
        """All streams. Needs neither credentials nor a connection."""
        return self._discovered

    @cached_property
    def _discovered(self) -> list[AmazonStream]:
        names = {stream.name for stream in streams.ALL}
        custom = custom_reports(self.config)
        for entry in custom:
            if entry.name in names:
                raise ConfigurationError(
                    f"Setting 'custom_reports' names a stream '{entry.name}', which exists already."
                )
        matching = (AsinMatches,) if self.config.get("match_input") else ()
        found = (*streams.ALL, *map(DefinedReportStream.of, custom), *matching)
        return [stream(self) for stream in found]

    @override
    def setup_mapper(self) -> None:
        """Prepare stream maps, which take the catalog's word for what the streams are."""
        if self.input_catalog is not None:
            for sentence in catalog_and_state.complete(self.input_catalog, self.discover_streams()):
                self.logger.warning("%s", sentence)
        PluginBase.setup_mapper(self)
        for entry in self.catalog.streams:
            name, schema = entry.tap_stream_id, entry.schema.to_dict()
            mask = entry.metadata.resolve_selection()
            # A map of all streams (`*`) is made for deselected ones, too, and needs their keys.
            selected = get_selected_schema(name, schema, mask) if mask[()] else schema
            self.mapper.register_raw_stream_schema(name, selected, entry.key_properties)

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
        self.message_writer.ensure_open()
        try:
            account = self.account  # starts all reports, or fails before the first message
            if batches := BatchSettings.from_config(self.config):
                remove_unfinished(batches.folder)
            for name in (RejectedRowsStream.name, SyncSummary.name):  # these come last
                self.streams[name] = self.streams.pop(name)
            names = self._names_of_reports()
            with progress.shown(account.queue, account.clock, account.machine, names=names):
                yield account
            account.tell_unread()
            self._keep_quotas()
            self._report_figures(account)
        except BrokenPipeError:
            raise TapError("The target has closed the pipe; the sync stops.") from None
        except BaseException:
            if self._account:
                self._account.tell_unread()
                self._keep_quotas()
            self.state_writer.write_state(self.state)
            raise
        finally:
            self.message_writer.flush()
            if self._account:
                self._account.close()
        self._report_due(account)
        self._report_incomplete(account.incomplete)

    def _sync_in_turns(self) -> None:
        """Sync all selected streams, what is ready first; the SDK's `sync_all` goes by the alphabet."""
        self.prepare_streams()
        if self.state:
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
        ).take()
        for stream in selected:
            stream.log_sync_costs()

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
            if isinstance(stream, ReportStream) and stream.selected:
                found.setdefault(stream.definition.report_type, []).append(name)
        return {report_type: ", ".join(names) for report_type, names in found.items()}

    def prepare_streams(self) -> None:
        """Have the streams begin from the state: without marks of an earlier sync's progress."""
        self._reset_state_progress_markers()
        self._set_compatible_replication_methods()

    def _report_due(self, account: SellingAccount) -> None:
        """Say what is left for later syncs, which is not a failure."""
        by_type: dict[str, list[datetime]] = {}
        for request in account.due_requests:
            at = account.queue.readable_at(request)
            by_type.setdefault(request.definition.report_type, []).append(at)
        for report_type, instants in sorted(by_type.items()):
            self.logger.info(
                "%s: %d reports are due and left for the next syncs, the first from %s on, the last not "
                "before %s.",
                report_type, len(instants), minutes(min(instants)), minutes(max(instants)),
            )  # fmt: skip

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
    def load_state(self, state: dict[str, Any]) -> None:
        """Take the bookmarks, and the reports that an earlier sync requested and did not read.

        Raises:
            ConfigurationError: The state is of another tap or connector.
        """
        foreign_states.refuse_of_connectors(state, "The state")
        known = self.discover_streams()
        foreign_states.refuse_of_other_taps(
            state,
            [stream.name for stream in known],
            [stream.name for stream in known if stream.keeps_bookmarks_by_marketplace],
        )
        super().load_state(state)
        for key in (REPORTS, QUOTAS, foreign_states.ACCOUNT):
            if isinstance(kept := state.get(key), dict):
                self._state_of_reports[key] = kept

    def _remember_reports(self, reports: dict[str, Any]) -> None:
        """Keep in the state which reports have been requested and not read: a rerun finds them."""
        if reports:
            self._state_of_reports[REPORTS] = reports
        else:
            self._state_of_reports.pop(REPORTS, None)
        self._put_quotas()
        self.state_writer.write_state(self.state)

    def _keep_quotas(self) -> None:
        """Keep in the state what has been learned of quotas since it was last written."""
        if self._put_quotas():
            self.state_writer.write_state(self.state)

    def _put_quotas(self) -> bool:
        """Put into the state what is known of the limits of report types; whether that is new."""
        assert self._account is not None  # noqa: S101 - only a sync has anything to keep
        before = self._state_of_reports.get(QUOTAS)
        known = self._account.report_limits.to_state() or None
        if known:
            self._state_of_reports[QUOTAS] = known
        else:
            self._state_of_reports.pop(QUOTAS, None)
        return known != before

    @property
    def _state_of_reports(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.state)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings with sentences of our own before the SDK checks its built-in ones."""
        if not raise_errors:
            return []
        known_keys.refuse_unknown(self._config, self._all_settings()["properties"], os.environ)
        self._check_lookback(Settings.from_config(self._config))
        BatchSettings.from_config(self._config)
        ignored = [key for key in settings.IGNORED_AWS_SETTINGS if self._config.pop(key, None)]
        if ignored:
            self.logger.warning(
                "Ignoring %s: Amazon stopped requiring IAM credentials in October 2023.",
                ", ".join(ignored),
            )
        try:
            return super()._validate_config(raise_errors=True)
        except ConfigValidationError as error:
            raise ConfigurationError(
                f"The configuration cannot be used: {'; '.join(error.errors)}."
            ) from None

    @classmethod
    def _all_settings(cls) -> dict[str, Any]:
        """The JSON Schema of the configuration, with the SDK's own settings."""
        schema = copy.deepcopy(cls.config_jsonschema)
        cls.append_builtin_config(schema)
        return schema

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        """Read settings from the environment and .env, and refuse what is none or of another type."""
        parse_environment_config({}, settings.PREFIX)  # reads .env
        return known_keys.from_environment(cls._all_settings(), settings.PREFIX, os.environ)

    def _check_lookback(self, checked: Settings) -> None:
        """Refuse a look-back of a stream that there is not: its time would not be requested again."""
        names = {stream.name for stream in (*streams.ALL, *custom_reports(self._config))}
        for name in checked.lookback:
            if name not in names:
                raise ConfigurationError(
                    f"Setting 'lookback_days' names '{name}', which is not a stream; see --discover."
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

    # Command line

    @classmethod
    @override
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        quotas: bool = False,
        test: str | None = None,
    ) -> None:
        """Run the tap as the command line asks."""
        if about:
            cls.print_about(about_format)
            return
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            state=catalog_and_state.state(state) if state else None,
            catalog=catalog_and_state.catalog(catalog) if catalog else None,
            parse_env_config=bool(config and config.parse_env),
        )
        if test:
            tap.show_access()
        elif quotas:
            tap.show_quotas()
        else:
            tap.sync()

    def show_quotas(self) -> None:
        """Show what is used of the limits of report types and what waits for them; nothing is synced."""
        account = self._account = self.open_account(Settings.from_config(self.config))
        selected = cast(
            "list[AmazonStream]", [each for each in self.streams.values() if each.selected]
        )
        with contextlib.closing(account):
            for line in describe_quotas(account, selected):
                click.echo(self.redaction(line))

    def show_access(self) -> None:
        """Show whether the credentials are good and the selected streams may be read.

        Raises:
            TapError: Some may not, and `fail_on_incomplete` is set.
        """
        checked = Settings.from_config(self.config)
        account = self._account = self.open_account(checked, is_hurried=True)
        every = cast("list[AmazonStream]", list(self.streams.values()))
        check = AccessCheck(account, [each for each in every if each.selected], every)
        with contextlib.closing(account):
            for line in check.lines():
                click.echo(self.redaction(line))
        if check.lacking and checked.fail_on_incomplete:
            raise TapError(
                f"A sync would be incomplete in {len(check.lacking)} streams (see above; "
                "'fail_on_incomplete' is set)."
            )

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the configuration files, each of which must hold a JSON object."""
        found = ConfigInput()
        for path in value:
            if path == "ENV":
                found.parse_env = True
            else:
                try:
                    with Path(path).open(encoding="utf-8-sig") as file:
                        text = file.read(catalog_and_state.LARGEST_FILE + 1)
                except (OSError, UnicodeDecodeError) as error:
                    reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
                    raise ConfigurationError(
                        f"Configuration file {path} cannot be read: {reason}."
                    ) from None
                found.config |= catalog_and_state.json_object(text, f"Configuration file {path}")
        return found

    @classmethod
    @override
    def cb_test(  # type: ignore[override]
        cls, ctx: click.Context, param: click.Option, value: str
    ) -> str | None:
        """`--test`, which waits for the catalog; `--test=schema` is the SDK's."""
        if value == "all":
            return value
        if value not in TEST_VALUES:
            raise click.BadParameter(f"'{value}' is none of --test and --test=schema.", ctx, param)
        super().cb_test(ctx, param, value)
        return None

    @classmethod
    def cb_row(cls, ctx: click.Context, _: click.Parameter, value: tuple[str, int] | None) -> None:
        """`--row`: show a row of a report as it stands in the document."""
        if not value:
            return
        with cls._asking(ctx) as (account, tap):
            for line in describe_row(account, tap.discover_streams(), *value):
                click.echo(line)
        ctx.exit()

    @classmethod
    @contextlib.contextmanager
    def _asking(cls, ctx: click.Context) -> Iterator[tuple[SellingAccount, TapAmazonSeller]]:
        """The account of the command line's configuration, for commands that sync nothing."""
        config = ctx.params.get("config")
        tap = cls(
            config=config.config if config else {},
            parse_env_config=bool(config and config.parse_env),
        )
        account = tap.open_account(Settings.from_config(tap.config))
        try:
            yield account, tap
        finally:
            account.close()

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """The SDK's command, with failures reported in one sentence."""
        command = super().get_singer_command()
        for param in command.params:
            if param.name == "test" and isinstance(param, click.Option):
                param.expose_value, param.help = True, TEST_HELP
        command.params.append(
            click.Option(
                ["--row"],
                nargs=2,
                type=(str, click.IntRange(min=1)),
                metavar="REPORT_ID LINE",
                help="Show a row of a report, such as one that `rejected_rows` names.",
                callback=cls.cb_row,
                expose_value=False,
            )
        )
        command.params.append(
            click.Option(
                ["--quotas"],
                is_flag=True,
                help="Show what is used of the limits of report types, what waits, and until when.",
            )
        )
        show_redacted(cls.redaction)
        leave_chatter_out()
        return OneSentenceCommand(
            name=command.name,
            callback=command.callback,
            context_settings=command.context_settings,
            params=command.params,
            help=cls.__doc__,
            epilog=EPILOG,
            logger=cls.logger,
        )

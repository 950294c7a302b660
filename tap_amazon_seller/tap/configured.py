"""What the tap is before it syncs: its settings, its streams, its account, and its state."""

from __future__ import annotations

import copy
import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._catalog import get_selected_schema
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import PluginBase
from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL
from typing_extensions import override

from amazon_selling_partner import NOTHING_SHARED, THIS_MACHINE, Redaction
from tap_amazon_seller import streams
from tap_amazon_seller.account.selling_account import SellingAccount
from tap_amazon_seller.config import catalog_and_state, foreign_states, known_keys, schema
from tap_amazon_seller.config.custom_queries import custom_queries
from tap_amazon_seller.config.custom_reports import custom_reports
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import ConfigurationError
from tap_amazon_seller.output.batch_files import BatchSettings
from tap_amazon_seller.output.messages import MessageWriter, StateWriter
from tap_amazon_seller.streams.changes import ChangeStream
from tap_amazon_seller.streams.kinds.amazon_stream import AccountTap
from tap_amazon_seller.streams.kinds.report_stream import ReportStream
from tap_amazon_seller.streams.kinds.selection import is_selected
from tap_amazon_seller.streams.matches import AsinMatches
from tap_amazon_seller.streams.rejected import RejectedRowsStream
from tap_amazon_seller.streams.summary import SyncSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    import httpx
    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from amazon_selling_partner import Machine, SharedLimits
    from tap_amazon_seller.reports.definitions import ReportStreamDefinition
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream

LONGEST_LOG_LINE = 4_000  # characters
REPORTS = "reports"
"""The key of the state, beside `bookmarks`, with reports that were requested and not read yet."""
QUOTAS = "quotas"
"""The one with what is known of the limits of report types (see `ReportLimits`)."""
LEFT = "left"
"""The one with what syncs have left without a request, which comes first in the next one."""
CREDENTIALS = ("lwa_client_id", "client_secret", "refresh_token")
WITH_FOLDERS = ("reject_path", "spool_path")
"""Settings whose check makes the folder that they name."""
NOTIFICATIONS = "notifications"
"""The one with the notifications that have been handed over (see `Memory`)."""


class ConfiguredTap(AccountTap):
    """Has the settings, the streams, the account and the state."""

    name = "tap-amazon-seller"
    config_jsonschema = copy.deepcopy(schema.CONFIG_JSONSCHEMA)  # to which the SDK adds its own
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

    redaction: ClassVar[Redaction] = Redaction(longest=LONGEST_LOG_LINE)
    """Makes every line of the log fit to be shown; knows the secrets of the sync."""
    machine: ClassVar[Machine] = THIS_MACHINE
    """Its time, and its threads."""
    transport: ClassVar[httpx.BaseTransport | None] = None
    """Sends requests instead of the network, in a simulation."""
    shared_limits: SharedLimits = NOTHING_SHARED
    """What other processes use up as well of Amazon's quotas."""
    next_sync_at: datetime | None = None
    """After a sync that left something: when another one is worth its while."""
    only: Collection[str] | None = None
    """The streams that there are, beside those that every sync has; null for all."""
    listens: bool = False
    """Whether the sync stays and emits changes as they come."""
    _account: SellingAccount | None = None
    _has_state = False

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
            self._hear(account)
            account.plan(
                stream.need()
                for stream in self.streams.values()
                if stream.selected and isinstance(stream, ReportStream) and not stream.is_withheld
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

    def _hear(self, account: SellingAccount) -> None:
        """Have the account read notifications, where the settings want it.

        Raises:
            ConfigurationError: It cannot, or is to listen without them.
        """
        readers = {kind.name: stream.name for stream in self.changes for kind in stream.types}
        account.hear(self.state.get(NOTIFICATIONS), readers)
        if account.inbox and not self._has_state:
            self.logger.warning(
                "This sync has no state, so no message is deleted from the queue of notifications: only "
                "what a state contains is known to have arrived."
            )
        if self.listens and not (account.inbox and self.changes):
            raise ConfigurationError(
                "--listen emits changes as they come: set 'enable_notifications', and select "
                "order_changes, inventory_changes or listing_changes."
            )

    @property
    def changes(self) -> list[ChangeStream]:
        """The selected streams of notifications."""
        return [
            stream
            for stream in self.streams.values()
            if stream.selected and isinstance(stream, ChangeStream)
        ]

    def open_account(self, checked: Settings, *, is_hurried: bool = False) -> SellingAccount:
        """The account of the settings; nothing is called yet."""
        return SellingAccount(
            checked,
            remembered=self.state.get(REPORTS),
            quotas=self.state.get(QUOTAS),
            left=self.state.get(LEFT),
            remember=self._remember_reports,
            keep_heard=self._keep_heard,
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
        """The streams. Needs neither credentials nor a connection."""
        return self._discovered

    @cached_property
    def _discovered(self) -> list[AmazonStream]:
        if self.only is None:
            return [stream(self) for stream in self.kinds]
        names = {*self.only, RejectedRowsStream.name, SyncSummary.name}
        return [stream(self) for stream in self.kinds if stream.name in names]

    @cached_property
    def kinds(self) -> Sequence[Any]:
        """The classes of all streams, custom ones included.

        Raises:
            ConfigurationError: A custom stream has a name that exists already.
        """
        names = {stream.name for stream in streams.ALL}
        custom: list[ReportStreamDefinition] = []
        for setting, read in (
            ("custom_reports", custom_reports),
            ("custom_queries", custom_queries),
        ):
            for entry in read(self.config):
                if entry.name in names:
                    raise ConfigurationError(
                        f"Setting '{setting}' names a stream '{entry.name}', which exists already."
                    )
                names.add(entry.name)
                custom.append(entry)
        matching = (AsinMatches,) if self.config.get("match_input") else ()
        return (*streams.ALL, *map(streams.defined, custom), *matching)

    @override
    def setup_mapper(self) -> None:
        """Prepare stream maps, which take the catalog's word for what the streams are."""
        if self.input_catalog is not None:
            for sentence in catalog_and_state.complete(self.input_catalog, self.discover_streams()):
                self.logger.warning("%s", sentence)
        PluginBase.setup_mapper(self)
        has_maps = bool(self.mapper.stream_maps_dict)
        for entry in self.catalog.streams:
            is_read = is_selected(entry.metadata)
            if not (has_maps or is_read):
                continue  # most streams are deselected; see `AmazonStream.stream_maps`
            name, schema = entry.tap_stream_id, entry.schema.to_dict()
            # A map of all streams (`*`) is made for deselected ones, too, and needs their keys.
            if is_read:
                schema = get_selected_schema(name, schema, entry.metadata.resolve_selection())
            self.mapper.register_raw_stream_schema(name, schema, entry.key_properties)

    @cached_property
    @override
    def state_writer(self) -> StateWriter:
        """What writes STATE messages; a sync of all streams has a thousand."""
        return StateWriter(self.message_writer)

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Take the bookmarks, and the reports that an earlier sync requested and did not read.

        Raises:
            ConfigurationError: The state is of another tap or connector.
        """
        foreign_states.refuse_of_connectors(state, "The state")
        foreign_states.refuse_of_other_taps(
            state,
            [stream.name for stream in self.kinds],
            [each.name for each in self.discover_streams() if each.keeps_bookmarks_by_marketplace],
        )
        super().load_state(state)
        self._has_state = bool(state)
        for key in (REPORTS, QUOTAS, LEFT, NOTIFICATIONS, foreign_states.ACCOUNT):
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

    def _keep_for_next(self) -> None:
        """Keep in the state what the next sync has to know: of quotas, what is left, what was heard."""
        assert self._account is not None  # noqa: S101 - only a sync has anything to keep
        state = self._state_of_reports
        before = state.get(LEFT), state.get(NOTIFICATIONS)
        left = self._account.left or None
        if left:
            state[LEFT] = left
        else:
            state.pop(LEFT, None)
        self._account.keep_notifications()
        if self._put_quotas() or (left, state.get(NOTIFICATIONS)) != before:
            self.state_writer.write_state(self.state)

    def _keep_heard(self, heard: dict[str, Any]) -> None:
        """Put into the state which notifications have been handed over."""
        self._state_of_reports[NOTIFICATIONS] = heard

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
            self._check_what_is_given()
            return []
        known_keys.refuse_unknown(self._config, self._all_settings()["properties"], os.environ)
        self._check_lookback(Settings.from_config(self._config))
        BatchSettings.from_config(self._config)
        ignored = [key for key in schema.IGNORED_AWS_SETTINGS if self._config.pop(key, None)]
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

    def _check_what_is_given(self) -> None:
        """Check the settings of a discovery, which needs no credentials and makes no folders.

        Raises:
            ConfigurationError: Names the setting that is wrong.
        """
        given = {name: value for name, value in self._config.items() if value not in (None, "")}
        if given:
            kept = {name: value for name, value in given.items() if name not in WITH_FOLDERS}
            Settings.from_config({**dict.fromkeys(CREDENTIALS, "-"), **kept})

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
        parse_environment_config({}, schema.PREFIX)  # reads .env
        return known_keys.from_environment(cls._all_settings(), schema.PREFIX, os.environ)

    def _check_lookback(self, checked: Settings) -> None:
        """Refuse a look-back of a stream that there is not: its time would not be requested again."""
        custom = (*custom_reports(self._config), *custom_queries(self._config))
        names = {stream.name for stream in (*streams.ALL, *custom)}
        for name in checked.lookback:
            if name not in names:
                raise ConfigurationError(
                    f"Setting 'lookback_days' names '{name}', which is not a stream; see --discover."
                )

"""The command: what its options do."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import click
from typing_extensions import override

from amazon_programs.singer_command import ConfigInput
from tap_amazon_seller.check_access import AccessCheck
from tap_amazon_seller.command_line import (
    EPILOG,
    TEST_HELP,
    TEST_VALUES,
    TapCommand,
    leave_chatter_out,
    show_redacted,
)
from tap_amazon_seller.config import catalog_and_state
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import ConfigurationError, TapError
from tap_amazon_seller.quotas import describe_quotas
from tap_amazon_seller.show_row import describe_row
from tap_amazon_seller.tap.configured import NOTIFICATIONS
from tap_amazon_seller.tap.syncing import SyncingTap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_amazon_seller.account.selling_account import SellingAccount
    from tap_amazon_seller.streams.kinds.amazon_stream import AmazonStream


class TapAmazonSeller(SyncingTap):
    """Singer tap for Amazon's Selling Partner API."""

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
        listen: bool = False,
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
            tap.listens = listen
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
        account.hear(self.state.get(NOTIFICATIONS), {})
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
        command.params.append(
            click.Option(
                ["--listen"],
                is_flag=True,
                help="Stay after the sync, for `listen_minutes`, and emit changes as they are reported.",
            )
        )
        show_redacted(cls.redaction)
        leave_chatter_out()
        return TapCommand.of(command, help=cls.__doc__, epilog=EPILOG, logger=cls.logger)

"""The tap: its command line, and how a sync ends."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

import click
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._classproperty import classproperty
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.singerlib import Catalog
from typing_extensions import override

from amazon_programs.singer_command import ConfigInput, OneSentenceCommand
from tap_amazon_associates.check_access import describe_access
from tap_amazon_associates.config.settings import CONFIG_JSONSCHEMA, PROPERTIES
from tap_amazon_associates.config.sources import (
    PREFIX,
    checked,
    config_file,
    from_environment,
    json_object,
)
from tap_amazon_associates.errors import AssociatesError, ConfigurationError
from tap_amazon_associates.items.outcomes import Reason
from tap_amazon_associates.singer import streams
from tap_amazon_associates.singer.account_tap import AccountTap

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from singer_sdk.helpers.capabilities import CapabilitiesEnum

    from tap_amazon_associates.singer.streams import AssociatesStream


class TapAmazonAssociates(AccountTap):
    """Singer tap for Amazon's Creators API: product data for Associates, by ASIN, link or search."""

    name = "tap-amazon-associates"
    package_name = "tap-amazon-seller"  # the distribution that it comes in
    config_jsonschema = json.loads(json.dumps(CONFIG_JSONSCHEMA))  # to which the SDK adds its own
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]

    @override
    def discover_streams(self) -> Sequence[AssociatesStream]:
        """All streams. Needs neither a credential nor a connection."""
        return [stream(self) for stream in streams.ALL]

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the settings with sentences of our own before the SDK checks its built-in ones."""
        if not raise_errors:
            return []
        checked(self._config, self._all_settings())
        try:
            return super()._validate_config(raise_errors=True)
        except ConfigValidationError as error:
            raise ConfigurationError(
                f"The configuration cannot be used: {'; '.join(error.errors)}."
            ) from None

    @classmethod
    def _all_settings(cls) -> dict[str, Any]:
        """The schemas of all settings, with the SDK's own, by name."""
        schema = json.loads(json.dumps(cls.config_jsonschema))
        cls.append_builtin_config(schema)
        return dict(schema["properties"])

    @classproperty
    @override
    def _env_var_config(cls) -> dict[str, Any]:  # noqa: N805
        """Settings of environment variables and .env; those of the SDK as it reads them."""
        schema = cls._all_settings()
        rest = {name: each for name, each in schema.items() if name not in PROPERTIES}
        of_the_sdk = parse_environment_config({"properties": rest}, PREFIX)  # reads .env
        texts = from_environment(schema, os.environ)
        return of_the_sdk | {name: text for name, text in texts.items() if name in PROPERTIES}

    def sync(self) -> None:
        """Sync the selected streams, what has no record last.

        Raises:
            AssociatesError: The sync had to stop, or is incomplete and `fail_on_incomplete` is set.
        """
        if sys.stdout is None:
            raise AssociatesError(
                "Standard output is closed, so there is nowhere to write records to."
            )
        for stream in streams.ALL:  # the SDK has them by the alphabet
            self.streams[stream.name] = self.streams.pop(stream.name)
        try:
            self.sync_all()
            sys.stdout.flush()
            calls = self.amazon.pace.calls
            is_strict = self.amazon.settings.fail_on_incomplete
        except BrokenPipeError:
            # Keep Python from trying once more when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise AssociatesError("The target has closed the pipe; the sync stops.") from None
        finally:
            self.close()
        self._report(calls, is_strict=is_strict)

    def _report(self, calls: int, *, is_strict: bool) -> None:
        """Say how many calls there were and what has no record."""
        self.logger.info("The sync made %d calls.", calls)
        reasons = Counter(missing.reason for missing in self.rejected.values())
        for reason, count in sorted(reasons.items()):
            example = next(each for each in self.rejected.values() if each.reason is reason)
            self.logger.warning(
                "%d without a record (%s), such as: %s", count, reason, example.message
            )
        if failed := reasons[Reason.FAILED]:
            said = f"The sync is incomplete: {failed} could not be read; the next sync reads them."
            if is_strict:
                raise AssociatesError(f"{said} ('fail_on_incomplete' is set.)")
            self.logger.warning("%s", said)
        if due := reasons[Reason.DUE]:
            self.logger.info("%d are due: the quota leaves them for later syncs.", due)

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        """On a signal exit as a shell expects, not with 0; the cache has all that was read."""
        self.logger.info("Stopped by a signal; what was read is in the cache.")
        sys.exit(128 + signum)  # a line that is half out is completed when the buffer is flushed

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
    ) -> None:
        """Run the tap as the command line asks."""
        if about:
            cls.print_about(about_format)
            return
        cls.print_version(print_fn=cls.logger.info)
        tap = cls(
            config=config.config if config else {},
            state=json_object(state.read(), "The state") if state else None,
            catalog=_catalog(catalog.read()) if catalog else None,
            parse_env_config=bool(config and config.parse_env),
        )
        tap.sync()

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> Any:
        """Read the configuration files, each of which must hold a JSON object."""
        found = ConfigInput()
        for path in value:
            if path == "ENV":
                found.parse_env = True
                continue
            found.config |= config_file(Path(path))
        return found

    @classmethod
    @override
    def cb_test(cls, ctx: click.Context, param: click.Option, value: str) -> None:
        """`--test`: try the credential, the marketplace and the tag with one call."""
        if value != "all":
            super().cb_test(ctx, param, value)
            return
        config = ctx.params.get("config")
        tap = cls(
            config=config.config if config else {},
            parse_env_config=bool(config and config.parse_env),
        )
        try:
            for line in describe_access(tap.amazon):
                click.echo(line)
        finally:
            tap.close()
        ctx.exit()

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """The SDK's command, with failures reported in one sentence."""
        return _Command.of(super().get_singer_command(), help=cls.__doc__, logger=cls.logger)


def _catalog(text: str) -> dict[str, Any]:
    """The catalog that a user gives.

    Raises:
        ConfigurationError: It is none.
    """
    found = json_object(text, "The catalog")
    try:
        Catalog.from_dict(found)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise ConfigurationError(
            "The catalog is not a Singer catalog; make one with tap-amazon-associates --discover."
        ) from None
    return found


class _Command(OneSentenceCommand):
    """Every failure of the tap has its sentence."""

    expected = (AssociatesError,)

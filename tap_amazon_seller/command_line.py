"""The command line: its options, and how every failure ends in one sentence."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem
from typing_extensions import override

from amazon_programs.singer_command import OneSentenceCommand
from amazon_selling_partner import SellingPartnerError
from tap_amazon_seller.errors import TapError
from tap_amazon_seller.migration.command import migrate
from tap_amazon_seller.subscriptions.command import notifications

if TYPE_CHECKING:
    import click

    from amazon_selling_partner import Redaction

COMMANDS: dict[str, click.Command] = {"migrate": migrate, "notifications": notifications}
"""Beside the options of the Singer SDK, which knows no commands."""
EPILOG = (
    "'tap-amazon-seller migrate CONFIG STATE' converts the files of hotglue's tap or Airbyte's source; "
    "'tap-amazon-seller notifications' sets up notifications of changes. See their --help."
)
TEST_VALUES = frozenset({"all", "disabled", "schema"})
"""Of `--test`, as the SDK has them: alone, not given, and `--test=schema`."""
TEST_HELP = (
    "Ask Amazon for what the selected streams need (the default ones without --catalog): a call of each "
    "API, and one report for each role, cancelled at once. Says first how long it takes, as a rule some "
    "seconds, then of each stream whether it may be read, or which role or setting it lacks. "
    "--test=schema writes the schemas alone and asks nothing."
)


def show_redacted(redaction: Redaction) -> None:
    """Have every record of the log made fit to be shown, whatever logger or handler it goes through."""
    factory = logging.getLogRecordFactory()
    if getattr(factory, "redaction", None) is redaction:  # it is in place
        return

    def redacted(*args: Any, **options: Any) -> logging.LogRecord:
        record = factory(*args, **options)
        redaction.filter(record)
        return record

    redacted.redaction = redaction  # type: ignore[attr-defined]
    logging.setLogRecordFactory(redacted)


CHATTER = (
    "Beginning sync of ",
    "Parsing env var for settings",
    "Skipping parse of env var settings",
    "Starting incremental sync of ",
)
"""How lines of the Singer SDK begin that say nothing of the sync itself."""


def leave_chatter_out() -> None:
    """Have the log hold a line per stream; the SDK's own lines and metrics only when debugging.

    Where SINGER_SDK_LOG_CONFIG names a configuration of the log, that decides.
    """
    if "SINGER_SDK_LOG_CONFIG" in os.environ or logging.getLogger().isEnabledFor(logging.DEBUG):
        return
    logging.getLogger("singer_sdk.metrics").addFilter(_never)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_is_no_chatter)


def _never(_: logging.LogRecord) -> bool:
    return False


def _is_no_chatter(record: logging.LogRecord) -> bool:
    return not (isinstance(record.msg, str) and record.msg.startswith(CHATTER))


class TapCommand(OneSentenceCommand):
    """The tap's command, with the commands beside its options."""

    expected = (SellingPartnerError, TapError)

    @override
    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete options, the commands beside them, and what follows one of these."""
        if ctx.args and ctx.args[0] in COMMANDS:
            command = COMMANDS[ctx.args[0]]
            inner = command.make_context(ctx.args[0], ctx.args[1:], resilient_parsing=True)
            return command.shell_complete(inner, incomplete)
        names = [
            CompletionItem(name, help=command.get_short_help_str())
            for name, command in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *super().shell_complete(ctx, incomplete)]

    @override
    def run(self, *args: Any, **options: Any) -> Any:
        """Run the command, or the one that the first word names."""
        words = list(args[0] if args and args[0] is not None else sys.argv[1:])
        if words and words[0] in COMMANDS:
            return COMMANDS[words[0]].main(words[1:], prog_name=f"{self.name} {words[0]}")
        return super().run(*args, **options)

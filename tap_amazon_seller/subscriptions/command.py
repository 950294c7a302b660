"""`tap-amazon-seller notifications`: its commands and options."""

from __future__ import annotations

import contextlib
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from amazon_selling_partner import Redaction
from tap_amazon_seller.account.selling_account import SellingAccount
from tap_amazon_seller.config import catalog_and_state, known_keys
from tap_amazon_seller.config.schema import CONFIG_JSONSCHEMA, PREFIX
from tap_amazon_seller.config.settings import Settings
from tap_amazon_seller.errors import ConfigurationError, TapError
from tap_amazon_seller.notifications.opening import sqs_of
from tap_amazon_seller.notifications.sqs import FIFO, LONGEST_NAME
from tap_amazon_seller.notifications.types import TYPES
from tap_amazon_seller.subscriptions.plan import Setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

DEFAULT_NAME = "tap-amazon-seller-notifications"
ENV = "ENV"

_config = click.option(
    "--config", "configs", multiple=True, required=True,
    help="Configuration file of the tap, or ENV for environment variables; may be given several times.",
)  # fmt: skip
_types = click.option(
    "--type", "types", multiple=True, type=click.Choice([each.name for each in TYPES]),
    help="A type of notifications; may be given several times. Default: all that the tap reads.",
)  # fmt: skip


@click.group("notifications", short_help="Set up notifications of changes.")
def notifications() -> None:
    """Have Amazon report changes to an SQS queue, which the tap reads (see `enable_notifications`).

    AWS credentials are those that boto3 finds: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, a
    role. Give each selling account a queue of its own.
    """


def _queue_name(_: click.Context, __: click.Parameter, value: str) -> str:
    """A name that SQS takes, also for the dead-letter queue beside it."""
    if value.endswith(FIFO):
        raise click.BadParameter("Amazon cannot send to a FIFO queue; name a standard queue.")
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}", value):
        raise click.BadParameter(
            f"'{value}' is not 1 to {LONGEST_NAME} letters, digits, hyphens and underscores."
        )
    return value


@notifications.command("setup")
@_config
@_types
@click.option(
    "--queue-name", default=DEFAULT_NAME, show_default=True, callback=_queue_name,
    help="Name of the queue that is made where 'notifications_queue' is not set.",
)  # fmt: skip
def setup(configs: tuple[str, ...], types: tuple[str, ...], queue_name: str) -> None:
    """Make the queue, let Amazon send to it, and subscribe; what is there already stays.

    Exits with 1 where something is still missing, such as a role, and says what.
    """
    with _opened(configs, types) as (found, settings, say):
        say(found.make(settings.queue.url, queue_name))
    _fail_on(found.lacking, "Notifications are not complete")


@notifications.command("status")
@_config
@_types
def status(configs: tuple[str, ...], types: tuple[str, ...]) -> None:
    """Say what is there and what is missing; changes nothing.

    Exits with 1 where something is missing.
    """
    with _opened(configs, types) as (found, settings, say):
        say(found.status(_queue_of(settings)))
    _fail_on(found.lacking, "Notifications are not complete")


@notifications.command("test")
@_config
@_types
@click.option(
    "--scenario", required=True,
    help="Amazon's name of the example (testScenario), which its guide lists for each type.",
)  # fmt: skip
def test(configs: tuple[str, ...], types: tuple[str, ...], scenario: str) -> None:
    """Have Amazon's sandbox send an example of each type, and wait a minute for each.

    An example is deleted, and real notifications stay; what may be either is moved to the dead letters.
    """
    with _opened(configs, types) as (found, settings, say):
        say(found.test(_queue_of(settings), scenario, settings.seller_id))
    _fail_on(found.lacking, "Not all examples came")


@notifications.command("remove")
@_config
@_types
@click.option("--with-messages", is_flag=True, help="Delete queues that still have messages, too.")
def remove(configs: tuple[str, ...], types: tuple[str, ...], *, with_messages: bool) -> None:
    """End the subscriptions, and delete the destination and the queues that setup has made."""
    with _opened(configs, types) as (found, settings, say):
        say(found.remove(_queue_of(settings), with_messages=with_messages))
    _fail_on(found.lacking, "Not all was removed")


@contextlib.contextmanager
def _opened(
    configs: Iterable[str], types: Iterable[str]
) -> Iterator[tuple[Setup, Settings, Callable[[Iterable[str]], None]]]:
    """What a command works with: the setup, the settings, and what shows lines without secrets."""
    settings = Settings.from_config(_configuration(configs))
    # The tap's log goes through one that knows its secrets; what is shown goes through the same.
    redaction = getattr(logging.getLogRecordFactory(), "redaction", None) or Redaction()
    account = SellingAccount(settings, redaction=redaction, is_hurried=True)

    def say(lines: Iterable[str]) -> None:
        for line in lines:
            click.echo(redaction(line))

    with contextlib.closing(account):
        chosen = [each for each in TYPES if each.name in types] or TYPES
        client = account.client
        sqs = sqs_of(settings.queue, account.region, redaction)
        yield Setup(client.notifications, sqs, chosen, account.clock), settings, say


def _configuration(configs: Iterable[str]) -> dict[str, Any]:
    """The configuration of files and variables, the later ones first."""
    found: dict[str, Any] = {}
    for each in configs:
        if each == ENV:
            found |= known_keys.from_environment(CONFIG_JSONSCHEMA, PREFIX, os.environ)
            continue
        try:
            text = Path(each).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigurationError(
                f"Configuration file {each} cannot be read: {reason}."
            ) from None
        found |= catalog_and_state.json_object(text, f"Configuration file {each}")
    return found


def _queue_of(settings: Settings) -> str:
    """The queue's address.

    Raises:
        ConfigurationError: It is not set.
    """
    if not settings.queue.url:
        raise ConfigurationError(
            "Setting 'notifications_queue' is missing, the address of the queue; 'tap-amazon-seller "
            "notifications setup' shows it."
        )
    return settings.queue.url


def _fail_on(lacking: list[str], what: str) -> None:
    if lacking:
        need = "need" if len(lacking) > 1 else "needs"
        raise TapError(f"{what}: {len(lacking)} of its parts {need} something done (see above).")

"""What `--test` says: whether credential, version, marketplace, tag, eligibility and quota are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_amazon_associates.creators.client import TITLE_ALONE
from tap_amazon_associates.creators.tokens import Credential, Tokens
from tap_amazon_associates.creators.versions import ALL as VERSIONS
from tap_amazon_associates.creators.versions import region_of
from tap_amazon_associates.errors import CreatorsApiError, CredentialsError, VersionError
from tap_amazon_associates.marketplaces import BY_COUNTRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_amazon_associates.associates import Associates

NEUTRAL_KEYWORD = "book"


def describe_access(amazon: Associates) -> Iterator[str]:
    """A line for the token, then one for each marketplace with a tag, each tried with one search.

    Raises:
        AssociatesError: The first thing that is wrong, and what to do about it.
    """
    settings = amazon.settings
    version = settings.credential.version
    try:
        amazon.client.tokens.get_token()
    except CredentialsError as error:
        raise _of_another_version(amazon, error) from None
    yield f"The credential is good: Amazon gave a token for version {version}."
    for country, tag in settings.tags.items():
        marketplace = BY_COUNTRY[country]
        answer = amazon.client.search_items(
            marketplace, tag, {"keywords": NEUTRAL_KEYWORD}, resources=TITLE_ALONE, count=1
        )
        found = "it gives items" if answer.items else "it gave no item for a trial"
        yield f"{marketplace.host} with the tag '{tag}': allowed, {found}."
    now = amazon.session.clock.now()
    account = amazon.pace.account
    made = sum(count for _, count in amazon.cache.calls_in_a_day(account, now))
    yield (
        f"Quota: {made} of {settings.requests_per_day} calls of the last 24 hours are used, at "
        f"{settings.requests_per_second:g} a second ('requests_per_day', 'requests_per_second')."
    )


def _of_another_version(amazon: Associates, error: CredentialsError) -> CreatorsApiError:
    """The refusal, or a better one where the same credential is valid for another version."""
    credential = amazon.settings.credential
    region = region_of(credential.version)
    # Those of the same region first: old and new credentials are mixed up more often than regions.
    for version in sorted(VERSIONS, key=lambda each: region_of(each) != region):
        if version == credential.version:
            continue
        other = Credential(credential.id, credential.secret, version, credential.token_url)
        tokens = Tokens(other, amazon.session.clock, amazon.redaction, amazon.client.timeout)
        try:
            tokens.get_token()
        except CreatorsApiError:
            continue
        return VersionError(
            f"The credential is good, but for version {version}, not {credential.version}: set "
            f"'version' to {version}, or use a credential of the region of 'country'."
        )
    return error

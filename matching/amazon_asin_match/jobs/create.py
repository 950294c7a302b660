"""Makes a job of a file and what the user wants."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from amazon_asin_match.codes import CodeType
from amazon_asin_match.errors import ConfigurationError
from amazon_asin_match.files.table import digest, open_table
from amazon_asin_match.files.write import check_output
from amazon_asin_match.jobs.webhook import check_webhook
from amazon_asin_match.scoring.verdict import LEAD, THRESHOLD, Limits
from amazon_asin_match.store.jobs import Job, Jobs, NewJob

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from amazon_asin_match.files.table import Table
    from amazon_selling_partner.marketplaces import Marketplace


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may say of a job.

    Attributes:
        columns: Names of the columns `code`, `title`, `brand`, `model` and `pack`.
        code_type: What the codes are.
        sheet: Of an Excel file.
        header: Whether the first row names the columns.
        threshold: The least confidence of a best match.
        lead: How far it must be ahead of the second.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    code_type: str = "auto"
    sheet: str = ""
    header: bool = True
    threshold: float = THRESHOLD
    lead: float = LEAD

    def checked(self) -> Options:
        """These, if they make sense.

        Raises:
            ConfigurationError: Names the one that does not.
        """
        for name, value in (("threshold", self.threshold), ("lead", self.lead)):
            if not 0 <= value <= 1:
                raise ConfigurationError(f"The {name} is {value:g}; it must be from 0 to 1.")
        if self.code_type not in set(CodeType):
            raise ConfigurationError(
                f"'{self.code_type}' is not a type of codes; use {', '.join(CodeType)}."
            )
        return self

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Options:
        """The options of a job."""
        return cls(**{name: options[name] for name in cls.__dataclass_fields__ if name in options})

    @property
    def limits(self) -> Limits:
        """From when on a match is clear."""
        return Limits(self.threshold, self.lead)

    def open(self, path: Path) -> Table:
        """The table of a file."""
        return open_table(path, sheet=self.sheet, header=self.header)


def create_job(
    jobs: Jobs,
    path: Path,
    marketplace: Marketplace,
    *,
    name: str = "",
    seller_id: str = "",
    output: Path | None = None,
    options: Options | None = None,
    webhook: str = "",
    idempotency_key: str | None = None,
) -> Job:
    """Make a job of a file.

    Raises:
        MatchError: The file, the output or an option is not as it must be.
    """
    wanted = (options or Options()).checked()
    wanted.open(path)  # what cannot be read is refused now
    if output:
        check_output(output)
    if webhook:
        check_webhook(webhook)
    return jobs.create(
        NewJob(
            name=name or path.name,
            marketplace_id=marketplace.id,
            seller_id=seller_id,
            input_path=str(path.resolve()),
            input_digest=digest(path),
            output_path=str(output.resolve()) if output else "",
            webhook=webhook,
            idempotency_key=idempotency_key,
            options=asdict(wanted),
        )
    )

"""What the commands of Singer taps share: failures end in one sentence, and how `--config` is kept."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.exceptions import SingerSDKError
from singer_sdk.plugin_base import SingerCommand
from typing_extensions import override

from amazon_programs.command_line import FAILURE

if TYPE_CHECKING:
    import click


@dataclass(slots=True)
class ConfigInput:
    """What the command line's `--config` gives, as the SDK has it.

    Attributes:
        config: The settings of the files.
        parse_env: Whether variables of the environment are read as well.
    """

    config: dict[str, Any] = field(default_factory=dict)
    parse_env: bool = False


class OneSentenceCommand(SingerCommand):
    """Ends every failure with one sentence in the log and exit code 1.

    Attributes:
        expected: The failures whose text is the sentence, beside the SDK's.
    """

    expected: ClassVar[tuple[type[Exception], ...]] = ()

    @classmethod
    def of(cls, command: click.Command, **more: Any) -> OneSentenceCommand:
        """The same command with failures in one sentence.

        Args:
            command: What the SDK made.
            more: What else differs, by the arguments of `SingerCommand`.
        """
        return cls(
            name=command.name,
            callback=command.callback,
            context_settings=command.context_settings,
            params=command.params,
            **more,
        )

    @override
    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command."""
        foreseen: tuple[type[Exception], ...] = (SingerSDKError, *self.expected)
        try:
            return self.run(*args, **options)
        except foreseen as error:
            self.logger.error("%s", error)  # noqa: TRY400
        except OSError as error:
            self.logger.error("The output cannot be written: %s.", error.strerror)  # noqa: TRY400
        except Exception as error:
            self.logger.error(  # noqa: TRY400
                "Unexpected failure, please report it (with LOGLEVEL=DEBUG for details): %s",
                type(error).__name__,
            )
            self.logger.debug("Details", exc_info=True)
        logging.shutdown()
        sys.exit(FAILURE)

    def run(self, *args: Any, **options: Any) -> Any:
        """What `main` runs: the SDK's command, unless a subclass knows others."""
        return super().main(*args, **options)

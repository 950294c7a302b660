"""The target's process: `python -m ...target.sdk VERSION SECONDS --config FILE --input FILE`."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from typing import Any, ClassVar

from hotglue_singer_sdk.target_sdk.target import TargetHotglue
from typing_extensions import override

from amazon_seller_sandbox.optiply.target.sdk.behaviour import VERSIONS, Version
from amazon_seller_sandbox.optiply.target.sdk.client import Client, PasswordLogin
from amazon_seller_sandbox.optiply.target.sdk.sink import OptiplySink


class TargetOptiply(TargetHotglue):  # type: ignore[misc] # of the other environment
    """The target, and what its sinks share within a run."""

    name = "target-optiply"
    SINK_TYPES: ClassVar[list[type[OptiplySink]]] = [OptiplySink]
    version: ClassVar[Version]
    seconds: ClassVar[float]

    def __init__(self, *words: Any, **settings: Any) -> None:  # noqa: ANN401 - the SDK's
        super().__init__(*words, **settings)
        self.stopped = ""
        """Why later records are skipped, if they are."""
        self.ids: dict[str, dict[str, str]] = defaultdict(dict)
        """By stream, the ids in Optiply of the records of this run by their ids at the source."""
        config = self._config
        api, dashboard = (os.environ[f"optiply_{name}_url"] for name in ("base", "dashboard"))
        login = PasswordLogin(self, dashboard, self.seconds)
        ids = {"accountId": str(config["account_id"]), "couplingId": str(config["coupling_id"])}
        self.client = Client(
            login,
            api,
            ids,
            self.seconds,
            self.version.retries_server_errors,
        )

    def stop(self, reason: str) -> None:
        """Skip all later records, of all streams."""
        self.stopped = self.stopped or reason

    @override
    def get_sink_class(self, stream_name: str) -> type[OptiplySink]:
        """Return the sink.

        Raises:
            TypeError: there is none of this exact name.
        """
        if stream_name not in self.version.streams:
            message = f"Can't instantiate abstract class BaseOptiplySink: no sink is {stream_name}"
            raise TypeError(message)
        return OptiplySink


if __name__ == "__main__":
    TargetOptiply.version = VERSIONS[sys.argv.pop(1)]
    TargetOptiply.seconds = float(sys.argv.pop(1))
    TargetOptiply.cli()

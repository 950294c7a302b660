"""Runs the service on uvicorn: on this machine alone unless another address is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import uvicorn

from amazon_asin_match.errors import ConfigurationError
from amazon_asin_match.service.app import make_app
from amazon_asin_match.service.configuration import Configuration
from amazon_asin_match.service.worker import Worker
from amazon_asin_match.settings import data_folder, private_folder

if TYPE_CHECKING:
    from pathlib import Path

    from amazon_asin_match.store.jobs import Jobs

SHORTEST_TOKEN: Final = 16


def run_server(
    jobs: Jobs, config: Path, *, host: str, port: int, token: str, folder: Path | None = None
) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: The token is too short.
    """
    if len(token) < SHORTEST_TOKEN:
        raise ConfigurationError(
            f"The token has {len(token)} characters; use a random one of {SHORTEST_TOKEN} or more."
        )
    configuration = Configuration(config)
    uploads = private_folder(folder or data_folder() / "uploads")
    app = make_app(jobs, configuration, Worker(jobs, configuration), uploads, token)
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False)

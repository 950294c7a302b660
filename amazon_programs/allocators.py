"""What the allocators of the C library and of Arrow keep of the memory that is freed."""

from __future__ import annotations

import contextlib
import ctypes
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8  # of glibc's malloc.h


def set_up_allocators(malloc: Mapping[int, int], jemalloc: str) -> None:
    """Set the allocators up, before there are threads, and before Arrow is loaded.

    Arrow gets jemalloc, which gives memory back sooner than Arrow's choice, from its start: what Arrow
    allocates by itself goes past a pool that is set later. What the environment says of Arrow's goes
    before. Where the C library is not glibc, all stays as it is: Arrow may have no jemalloc there.

    Args:
        malloc: Values of parameters of glibc's `mallopt`.
        jemalloc: Options of Arrow's jemalloc.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for parameter, value in malloc.items():
            mallopt(parameter, value)
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc")
        os.environ.setdefault("JE_ARROW_MALLOC_CONF", jemalloc)

"""What the fork server loads and makes once, so that each run begins with it: tap, ETL, database client.

Allocators are set up before Arrow is loaded, and no thread of Python's is started here: a fork copies
none, and Arrow's begin again in a fork that needs them. What is loaded stays, garbage and all, so that
the garbage collector looks at none of it, nothing new comes into gaps of its pages, and forks share its
memory. What a run would make itself, each would have for itself.
"""

from __future__ import annotations

import contextlib
import gc

from amazon_programs import start_no_idle_threads, without_command_lines
from tap_amazon_seller.machine import allocators

gc.disable()
allocators.share_heaps()
start_no_idle_threads()

with without_command_lines():
    import amazon_fleet.account_run.child  # after the allocators
    import amazon_fleet.account_run.entry
    import amazon_fleet.account_run.order  # noqa: F401 - what the worker sends
    from amazon_optiply_etl import interface as etl
    from amazon_selling_partner import tls_context
    from tap_amazon_seller import interface as tap

    tap.preload()
    etl.preload()
with contextlib.suppress(OSError):  # each run says so that certificates cannot be read
    tls_context()
gc.freeze()
gc.enable()

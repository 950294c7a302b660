"""What the fork server loads once, so that each run begins with it: tap, ETL and database client.

Allocators are set up before Arrow is loaded, and no thread is started here: a fork copies none. What is
loaded stays, garbage and all, so that the garbage collector looks at none of it, nothing new comes into
gaps of its pages, and forks share its memory.
"""

from __future__ import annotations

import contextlib
import gc

from amazon_programs import start_no_idle_threads
from tap_amazon_seller.machine import allocators

gc.disable()
allocators.share_heaps()
start_no_idle_threads()

import amazon_fleet.account_run.run  # noqa: E402, F401 - after the allocators
import tap_amazon_seller.interface  # noqa: E402, F401
from amazon_optiply_etl import interface as etl  # noqa: E402
from amazon_selling_partner import tls_context  # noqa: E402

etl.preload()
with contextlib.suppress(OSError):  # each run says so that certificates cannot be read
    tls_context()
gc.freeze()
gc.enable()

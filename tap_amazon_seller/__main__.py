"""The command `tap-amazon-seller`, also `python -m tap_amazon_seller`."""

from __future__ import annotations

import signal

from amazon_programs import hand_over_soon, loading
from tap_amazon_seller.machine import allocators


def main() -> None:
    """Run the command."""
    # Ctrl-C while libraries load ends the process without a trace; the tap sees to it afterwards.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    allocators.share_heaps()
    hand_over_soon()
    with loading():
        from tap_amazon_seller.tap import TapAmazonSeller  # noqa: PLC0415 - loads Arrow

    TapAmazonSeller.cli()


if __name__ == "__main__":
    main()

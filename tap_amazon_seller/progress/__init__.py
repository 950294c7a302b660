"""Shows how far the reports of a sync are: a live view on a terminal, else lines in the log."""

from tap_amazon_seller.progress.watch import shown

__all__ = ["shown"]

"""The operations of vendors: retail procurement and direct fulfilment."""

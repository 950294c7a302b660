"""Lives of sellers in simulated time: hours of syncs in a second, in an order that repeats."""

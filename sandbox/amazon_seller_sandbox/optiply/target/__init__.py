"""A stand-in for target-optiply and for what the hosted sync does before and after it."""

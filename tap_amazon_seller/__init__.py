"""Singer tap for Amazon's Selling Partner API."""

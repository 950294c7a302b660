"""A local stand-in for Amazon's Selling Partner API and Login with Amazon, as strict as both."""

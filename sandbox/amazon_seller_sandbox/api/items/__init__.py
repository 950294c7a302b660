"""Catalog Items and Listings Items."""

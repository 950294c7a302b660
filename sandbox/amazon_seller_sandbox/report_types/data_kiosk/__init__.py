"""Data Kiosk: queries in GraphQL, answered from the seller's world."""

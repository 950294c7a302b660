"""Reports of listings, and of what Amazon files them under."""

"""The formats of report documents: flat files, JSON, and how they are kept."""

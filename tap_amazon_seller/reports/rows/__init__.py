"""From a document's text to rows of typed cells."""

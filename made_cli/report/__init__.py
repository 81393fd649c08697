"""Report: what a run learned, on one page that needs nothing beside it."""

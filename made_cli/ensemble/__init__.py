"""Many orderings, one density."""

"""Cells as people write them: numbers, booleans, timestamps, columns of distinct texts."""

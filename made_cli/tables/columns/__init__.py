"""Columns: their kinds, the inference of kinds, the schema, and the way between tables and codes."""

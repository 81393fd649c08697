"""Fidelity: how good the rows of a synthetic table are, beside those of a real one."""

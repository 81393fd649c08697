"""Training, and the run folder."""

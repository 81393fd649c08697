"""Training: preparing, objectives, schedule, the training of a network, of a run."""

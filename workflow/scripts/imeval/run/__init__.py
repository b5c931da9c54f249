"""Start, terminal, logs and summary of a run."""

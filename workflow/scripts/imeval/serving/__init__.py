"""Serving: a model's server, started and ended with a run."""

"""Serving: start a model's server for a run, and end it with the run."""

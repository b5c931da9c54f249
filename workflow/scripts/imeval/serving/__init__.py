"""Serving a model to the jobs of a run, and ending its processes after it."""

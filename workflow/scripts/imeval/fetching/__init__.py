"""Fetching of packages and weights, each file checked by its hash."""

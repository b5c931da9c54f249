"""Packages and weights, fetched and checked by hash."""

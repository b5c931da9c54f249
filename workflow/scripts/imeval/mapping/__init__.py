"""Mapping of answers and classifier outputs to classes."""

"""Figures, a module each."""

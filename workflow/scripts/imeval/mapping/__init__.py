"""Mapping: the class of each answer or output."""

"""Mapping: the class of each answer, output or imported prediction."""

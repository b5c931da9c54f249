"""Mapping: the class of every answer, output or imported prediction."""

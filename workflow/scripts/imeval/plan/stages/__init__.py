"""Inputs, params and constraints of the rules, a module for each of their files."""

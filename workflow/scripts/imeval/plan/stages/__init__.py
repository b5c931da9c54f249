"""The plans of the rule files.

Each module has the inputs, params and constraints of one file of rules.
"""

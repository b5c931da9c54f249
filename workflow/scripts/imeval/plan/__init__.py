"""Planning: what the rules do for a configuration.

It gives the rules their inputs and params. No job imports it.
"""

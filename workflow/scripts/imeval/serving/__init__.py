"""The server of a model.

It is started and ended with a run.
"""

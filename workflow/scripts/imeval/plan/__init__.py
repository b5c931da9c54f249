"""The planning of jobs: the inputs and params of rules.

Of all jobs only `check` imports a module of it.
"""

"""The fetching of packages and weights.

Each file is checked by its hash.
"""

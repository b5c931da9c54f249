"""The claims, a module for each family."""

"""A model's server, started and ended by runs."""

"""Provenance: what every result was made by, down to images and labels."""

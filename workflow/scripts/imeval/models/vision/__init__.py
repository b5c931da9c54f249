"""Classifiers, image encoders, and methods that use the encoders' vectors."""

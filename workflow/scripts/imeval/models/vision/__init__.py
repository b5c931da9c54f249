"""Vision models.

They are classifiers, image encoders, and methods that use the encoders' vectors.
"""

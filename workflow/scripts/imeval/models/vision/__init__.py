"""Vision models: classifiers, image encoders and what becomes of their vectors."""

"""Text encoders of class names and answers."""

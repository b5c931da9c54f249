"""Text encoders that embed class names and answers."""

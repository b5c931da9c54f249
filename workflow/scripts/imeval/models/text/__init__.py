"""Text encoders.

They embed class names and answers.
"""

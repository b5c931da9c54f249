"""The figures, a module each; `drawing` holds what they share."""

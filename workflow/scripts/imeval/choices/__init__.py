"""Multiple-choice questions and their answers.

The confusion matrix, the options, and the letters of answers.
"""

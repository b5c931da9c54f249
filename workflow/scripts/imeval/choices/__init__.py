"""Multiple-choice questions: the confusion matrix, the options, and the letters of answers."""

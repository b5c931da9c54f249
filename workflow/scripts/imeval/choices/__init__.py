"""Multiple choice: the confusion matrix, the questions, and letters of answers."""

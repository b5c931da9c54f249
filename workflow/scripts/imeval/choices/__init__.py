"""Multiple choice: confusions, questions and letters of answers."""

"""Multiple choice: questions with distractors, and the letter in an answer."""

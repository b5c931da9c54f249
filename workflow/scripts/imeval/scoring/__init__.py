"""Scoring: which predictions are correct, accuracies, and how sure they are."""

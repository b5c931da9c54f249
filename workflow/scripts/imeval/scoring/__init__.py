"""Scoring: correct images, accuracies, intervals, paired tests and ranks."""

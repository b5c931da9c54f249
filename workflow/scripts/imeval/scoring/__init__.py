"""Correct images, accuracies, intervals, paired tests and ranks."""

"""The origin of results.

It is what each result was made from, down to images and labels.
"""

"""Requests to MLLMs and their responses.

Prompts, requests, the store that keeps every response, and prices.
"""

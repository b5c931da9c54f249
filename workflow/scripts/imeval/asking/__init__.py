"""Asking MLLMs: prompts, requests, the store that keeps every response, and prices."""

"""Asking MLLMs: prompts, requests, the store that keeps every answer, and what it costs."""

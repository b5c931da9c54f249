"""Requests to MLLMs, their prompts, stored responses and prices."""

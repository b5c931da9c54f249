"""Planning: what a configuration asks for, as inputs and params of rules; no job imports it."""

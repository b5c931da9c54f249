"""The inputs, params and constraints of the rules, by rule file."""

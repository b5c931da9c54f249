"""The layouts of the tables, a module each."""

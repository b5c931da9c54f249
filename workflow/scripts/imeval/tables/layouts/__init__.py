"""The layouts of tables, one module each."""

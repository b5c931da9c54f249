"""The layouts of the tables, a module each; see `imeval.tables` for what a module holds."""

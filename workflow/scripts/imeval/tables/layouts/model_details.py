from imeval.tables.layout import Layout

LAYOUT = Layout(models="none")

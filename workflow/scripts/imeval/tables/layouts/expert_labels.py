from imeval.tables.layout import Layout

LAYOUT = Layout(models="all")

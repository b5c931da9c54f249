from imeval.tables.layout import Layout

LAYOUT = Layout(models="no labels", best_task=True, ranks=True, empty=True)

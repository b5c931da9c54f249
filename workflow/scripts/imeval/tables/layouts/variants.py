from imeval.tables.layout import Layout

LAYOUT = Layout(models="mllm", every_task=True)

"""The code of imeval, in one folder for each stage.

A stage reads and writes only the paths that it is given.
"""

import signal
import sys

# Ctrl-C can reach a job while it still imports its modules. It then ends without a traceback. Only a job has a variable
# `snakemake` in its main module.
if hasattr(sys.modules["__main__"], "snakemake"):
    signal.signal(signal.SIGINT, lambda *_: sys.exit("imeval: stopped by SIGINT before its work began"))

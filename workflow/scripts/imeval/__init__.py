"""What the workflow computes; never imports Snakemake, never sees a path it was not given."""

import signal
import sys

# A job that Ctrl-C meets while it still imports what it needs ends without a traceback.
if hasattr(sys.modules["__main__"], "snakemake"):
    signal.signal(signal.SIGINT, lambda *_: sys.exit("imeval: stopped by SIGINT before its work began"))

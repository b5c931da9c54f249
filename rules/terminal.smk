# INPUT   nothing
# OUTPUT  TERMINAL, which writes one line for each job instead of Snakemake's; the scripts' folder on the import path
# CONFIG  nothing: it is included before the configuration is read, whose messages it then writes too

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from imeval.run.terminal import take_over_terminal

TERMINAL = take_over_terminal(workflow)

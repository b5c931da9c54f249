# INPUT   nothing
# OUTPUT  TERMINAL, which writes a line a job in place of Snakemake's lines; the folder of the scripts on the import path
# CONFIG  nothing; it comes before the configuration is read, so that its messages read the same

import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from imeval.run.terminal import take_over_terminal

TERMINAL = take_over_terminal(workflow)

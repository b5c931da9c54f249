"""Makes Python on a login node that of the tests."""

import os
import sys

if "SLURM_JOB_ID" not in os.environ:
    if "LOCKS_REACH_NO_OTHER_NODE" in os.environ:
        import fcntl

        fcntl.flock = lambda file, operation: None
    if "snakemake" in sys.orig_argv:
        from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

        # The executor spares a SLURM that others use: it waits ten seconds more each time that no job has ended.
        RemoteExecutor.next_seconds_between_status_checks = property(lambda self: 1, lambda self, seconds: None)

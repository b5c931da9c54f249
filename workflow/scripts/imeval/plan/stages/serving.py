"""The plan of servers and workers, which hold a model's weights."""

import json
import shlex

from imeval.plan import backends, paths, resources
from imeval.plan.entries import Entries, among, located
from imeval.plan.input_functions import plans_jobs
from imeval.plan.resources import Demand, Work
from imeval.plan.wildcards import Wildcards


@plans_jobs
class ServingPlan:
    """The plan of what answers all jobs of a model.

    It is a server for a model of the backend `served`, or a worker for one that runs in jobs otherwise.
    """

    entries: Entries

    @property
    def models(self) -> list[str]:
        """Return the models that have a server or worker."""
        return [name for name in self.entries.config["models"] if self.answers(name)]

    def answers(self, model: str) -> bool:
        """Return whether a server or worker answers a model's jobs."""
        return self.has_server(model) or self.has_worker(model)

    def has_server(self, model: str) -> bool:
        """Return whether the run starts a model's server."""
        return "serve" in self.entries.backend(model).rules

    def has_worker(self, model: str) -> bool:
        """Return whether a worker loads a model's weights once."""
        return self.entries.backend(model).by_worker and bool(self.entries.complete("models", model)["load_once"])

    def server(self, wildcards: Wildcards) -> list[str]:
        """Return the state of a model's server, if any."""
        return [paths.server(wildcards.model)] if self.has_server(wildcards.model) else []

    def worker(self, wildcards: Wildcards) -> list[str]:
        """Return the state of a model's worker, if any."""
        return [paths.server(wildcards.model)] if self.has_worker(wildcards.model) else []

    def demand(self, wildcards: Wildcards) -> Demand:
        """Return what a server or worker asks of a cluster."""
        size = self.entries.model_size("models", wildcards.model)
        served = self.has_server(wildcards.model)
        settings = self.entries.complete("models", wildcards.model)
        gpus = settings["gpus"] if served else self.entries.demand(size, Work(0)).gpus
        return resources.server(size, gpus, self.entries.config["compute"]["device"], self.entries.cluster)

    def command(self, model: str, python: str) -> str:
        """Return the command that starts a server or worker.

        It lacks the paths that only its rule knows.
        """
        settings = self.entries.model(model)
        started_by = among(settings, backends.server_keys()) if self.has_server(model) else {"program": "worker"}
        described = json.dumps(started_by | {"model": model} | located(settings["weights"]))
        return shlex.join([python, str(self.entries.scripts / "serve.py"), described])

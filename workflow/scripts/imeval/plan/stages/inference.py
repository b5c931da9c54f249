"""The plan of rules/inference.smk: how models are asked, where answers lie."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from imeval.labels.agreement import agreement_key
from imeval.plan import backends, paths, resources
from imeval.plan.entries import Entries, Entry, among, fetched_weights, located
from imeval.plan.input_functions import input_function, plans_jobs
from imeval.plan.resources import Demand, ModelSize, Work
from imeval.plan.stages.serving import ServingPlan
from imeval.plan.wildcards import Wildcards


@plans_jobs
class InferencePlan:
    """The plan of running classifiers, k-NN models and MLLMs.

    An MLLM runs here, on a server that the run starts, or behind an API.
    """

    entries: Entries

    @cached_property
    def serving(self) -> ServingPlan:
        """Plan servers and workers."""
        return ServingPlan(self.entries)

    # Models of any kind.

    def model(self, wildcards: Wildcards) -> Entry:
        """Return the entry of a job's model."""
        return self.entries.model(wildcards.model)

    def backend(self, wildcards: Wildcards) -> str:
        """Return the backend of a job's model."""
        backend: str = self.model(wildcards)["backend"]
        return backend

    def weights(self, wildcards: Wildcards) -> list[str]:
        """Return the downloads of a model's weights."""
        return fetched_weights(self.model(wildcards).get("weights", {}))

    def weights_path(self, wildcards: Wildcards) -> str:
        """Return where a model's weights lie."""
        path: str = located(self.model(wildcards)["weights"])["weights"]
        return path

    def settings(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return what a model computes from."""
        return self.entries.computing("models", wildcards.model)

    def image_demand(self, wildcards: Wildcards) -> Demand:
        """Return what looking at a shard's images once asks of a cluster."""
        return self.entries.demand(self.entries.model_size("models", wildcards.model), self._shard(wildcards))

    def checkpoint_mb(self, wildcards: Wildcards) -> int:
        """Return the memory in which a model's weights are converted."""
        return self.entries.demand(self.entries.model_size("models", wildcards.model), Work(0)).model_mb

    def _shard(self, wildcards: Wildcards) -> Work:
        return resources.shard(self.entries.complete("image_sets", wildcards.image_set))

    # classify, nearest_neighbours

    def classifier_code(self, wildcards: Wildcards) -> str:
        """Return the hash of the code that classifies."""
        return self.entries.backend_code("classify.py", self.backend(wildcards))

    def embedded_images(self, wildcards: Wildcards) -> list[str]:
        """Return the embeddings of an image set for a k-NN model."""
        return self.embeddings_of(wildcards.image_set, wildcards.model)

    def gallery(self, wildcards: Wildcards) -> list[str]:
        """Return the embeddings of a k-NN model's gallery."""
        return self.embeddings_of(self.model(wildcards)["gallery"], wildcards.model)

    def embeddings_of(self, image_set: str, model: str) -> list[str]:
        """Return a model's embeddings of an image set, one file a shard."""
        return [paths.image_embeddings(image_set, model, shard) for shard in self.entries.shards(image_set)]

    def gallery_index(self, wildcards: Wildcards) -> str:
        """Return the gallery's index, with the neighbours' labels."""
        return paths.image_index(self.model(wildcards)["gallery"])

    def vote(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return how a k-NN model votes, and where neighbours are searched."""
        voting = among(self.model(wildcards), backends.voting_keys())
        return dict(sorted((voting | self.entries.config["compute"]).items()))

    def vote_demand(self, wildcards: Wildcards) -> Demand:
        """Return what the search for neighbours asks of a cluster."""
        # A gallery of vectors is held in memory as weights are: count its numbers as parameters, in billions.
        gallery = self.entries.image_set(self.model(wildcards)["gallery"])
        numbers = resources.images_of(gallery) * resources.FEATURES / 1e9
        images = resources.images_of(self.entries.image_set(wildcards.image_set))
        return self.entries.demand(ModelSize(numbers, "fp32"), Work(images, tokens=1))

    # MLLMs: what is asked, and how.

    @property
    def chats(self) -> list[str]:
        """Return the names of models that chat in words."""
        return self.entries.run_by("answer")

    def over_http(self, model: str) -> bool:
        """Return whether a model is asked over HTTP.

        Its jobs then need neither weights nor a GPU.
        """
        return self.entries.backend(model).over_http

    def paid(self, model: str) -> bool:
        """Return whether a model's answers may cost money."""
        return self.entries.backend(model).paid

    def asking(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return how a job's requests are made."""
        return self.asking_of(wildcards.model, wildcards.task)

    def asking_of(self, model: str, task: str) -> dict[str, Any]:
        """Return how requests of a model and task are made.

        The task's own settings go first.
        """
        keys = backends.asking_keys()
        # A task's prompt is a template; that of a model replaces the template as it is.
        own = among(self.entries.task(task), [key for key in keys if key.name != "prompt"])
        # A class name that decoding chooses is the whole answer, about one image.
        alone = {"images_per_request": 1, "answer_format": "text"} if "decoding" in own else {}
        # Each image has names of its own to choose from, or is disputed while others beside it are not.
        apart = self.entries.nearest(task) or self.entries.asks_about_disputed(task)
        alone |= {"images_per_request": 1} if apart else {}
        # Tables 10 to 12 measure the effect of a batch: an answer given alone is no answer of the batch.
        asks_again = self.entries.complete("tasks", task)["asks_again_alone"]
        never_again = {} if asks_again else {"max_retries_alone": 0}
        return among(self.entries.model(model), keys) | own | alone | never_again

    def images_per_request(self, model: str, task: str) -> int:
        """Return how many images a model's request in a task shows."""
        images: int = (backends.asking_defaults() | self.asking_of(model, task))["images_per_request"]
        return images

    def asked_images(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the photographs that a shard asks about.

        A request that shows several may show any of the image set. One file stands for all shards: with each of them as
        an input of each job, the time of planning would grow with the square of their number.
        """
        if self.images_per_request(wildcards.model, wildcards.task) == 1:
            return {"photographs": self._photographs(wildcards.image_set, wildcards.task, wildcards.shard)}
        return {
            "photographs": paths.photographs(wildcards.image_set),
            "index": paths.image_index(wildcards.image_set),
        }

    def photographs_of(self, image_set: str, task: str) -> list[str]:
        """Return the photographs that a task asks about, one file a shard."""
        return [self._photographs(image_set, task, shard) for shard in self.entries.shards(image_set)]

    def _photographs(self, image_set: str, task: str, shard: str) -> str:
        """Return a shard's photographs.

        A task about disputed images asks about those under the run's labels.
        """
        if self.entries.asks_about_disputed(task):
            return paths.disputed_images(image_set, self.entries.run["labels"], shard)
        return paths.images(image_set, shard)

    def nearest_names(self, wildcards: Wildcards) -> list[str]:
        """Return the nearest names of a shard's images, if any."""
        nearest = self.entries.nearest(wildcards.task)
        return [paths.nearest_names(wildcards.image_set, *nearest, wildcards.shard)] if nearest else []

    def prompts(self, wildcards: Wildcards) -> dict[str, str]:
        """Return the prompt templates of a job."""
        return self.prompts_of(wildcards.model, wildcards.task)

    def prompts_of(self, model: str, task: str) -> dict[str, str]:
        """Return a task's prompt templates for a model.

        A model that answers in JSON has a second one, which asks for JSON, or only numbers the photographs.
        """
        templates: dict[str, str] = {"prompt": self.entries.task(task)["prompt"]}
        asking = backends.asking_defaults() | self.asking_of(model, task)
        if asking["answer_format"] == "json":
            instruction = "json_answer" if asking["json_instruction"] else "numbered_answer"
            templates["json_answer"] = self.entries.config[instruction]
        return templates

    def prompt_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hashes of a job's prompt templates."""
        return self.entries.contents(*self.prompts(wildcards).values())

    def thought_tags(self, wildcards: Wildcards) -> list[str]:
        """Return the names of tags around a model's thoughts."""
        return list(self.entries.complete("models", wildcards.model)["thought_tags"])

    def runs(self, wildcards: Wildcards) -> int:
        """Return how often a job's task asks everything."""
        return self.runs_of(wildcards.model, wildcards.task)

    def runs_of(self, model: str, task: str) -> int:
        """Return how often a task asks a model everything (Table 16)."""
        # Greedy decoding would give the same answers in every run.
        return 1 if self.entries.backend(model).greedy else int(self.entries.complete("tasks", task)["runs"])

    def code(self, script: str) -> Any:
        """Return the input function that hashes the asking code."""

        @input_function
        def of(wildcards: Wildcards) -> str:
            return self.entries.backend_code(script, self.backend(wildcards))

        return of

    # MLLMs: the model itself.

    def chat(self, wildcards: Wildcards) -> dict[str, Any]:
        """Return a job's MLLM settings, as the backend takes them."""
        return self.chat_of(wildcards.model, wildcards.task)

    def chat_of(self, model: str, task: str) -> dict[str, Any]:
        """Return an MLLM's settings in a task.

        They hold its weights and its tagger's if it runs here, otherwise its API or server.
        """
        if self.serving.has_server(model):
            return self._served(model, task)
        if self.over_http(model):
            return self._behind_api(model, task)
        settings = self.entries.computing("models", model) | self._answer_length(task)
        if _needs_conversion(self.entries.model(model).get("weights", {})):
            settings["weights"] = paths.checkpoint(model)
        if "tagger" in settings:
            settings["tagger"] = self.entries.computing("models", settings["tagger"])
        return settings

    def _behind_api(self, model: str, task: str) -> dict[str, Any]:
        settings = self.entries.backend_settings("models", model)
        # A letter is asked for without JSON around it.
        letter = self.entries.task(task)["mapping"] == "letter"
        answer_format = "text" if letter else self.entries.complete("models", model)["answer_format"]
        return settings | {"store": paths.store(model), "answer_format": answer_format} | self._answer_length(task)

    def _served(self, model: str, task: str) -> dict[str, Any]:
        weights = located(self.entries.model(model)["weights"])
        return self._behind_api(model, task) | weights | {"server": paths.server(model)}

    def _answer_length(self, task: str) -> dict[str, int]:
        """Return a task's answer length limit, if any."""
        return {key: value for key, value in self.entries.task(task).items() if key == "max_new_tokens"}

    def max_error_share(self, wildcards: Wildcards) -> float:
        """Return a job's allowed share of errors.

        A job with more of them fails. A model that runs here fails by none.
        """
        if not self.over_http(wildcards.model):
            return 1.0
        share: float = self.entries.complete("models", wildcards.model)["max_error_share"]
        return share

    def checkpoint(self, wildcards: Wildcards) -> list[str]:
        """Return an MLLM's converted weights, if it needs any.

        A served one needs none: a server reads its own format.
        """
        weights = self.model(wildcards).get("weights", {})
        converted = _needs_conversion(weights) and not self.over_http(wildcards.model)
        return [paths.checkpoint(wildcards.model)] if converted else []

    def chat_downloads(self, wildcards: Wildcards) -> list[str]:
        """Return the downloads that an MLLM's job reads.

        Its own weights are left out if they are converted or served, those of its tagger never.
        """
        settings = self.model(wildcards)
        weights = settings.get("weights", {})
        own = [] if _needs_conversion(weights) or self.over_http(wildcards.model) else fetched_weights(weights)
        tagger = (
            fetched_weights(self.entries.model(settings["tagger"]).get("weights", {})) if "tagger" in settings else []
        )
        return own + tagger

    # What a job of an MLLM occupies.

    def environment(self, wildcards: Wildcards) -> str:
        """Return the environment of a job that asks an MLLM."""
        return f"../envs/{'api' if self.over_http(wildcards.model) else 'torch'}.yaml"

    def threads(self, wildcards: Wildcards) -> int:
        """Return the threads of a job that asks an MLLM."""
        if self.serving.answers(wildcards.model):
            # All jobs of a server or worker run at once, and it itself has the threads.
            return 0
        threads: int = self.entries.config["compute"]["threads"]
        return 1 if self.over_http(wildcards.model) else threads

    def api_slots(self, wildcards: Wildcards) -> int:
        """Return how many API slots a job takes."""
        # Batches of all shards wait side by side; requests that are sent directly run `concurrency` at a time already.
        return int(self.paid(wildcards.model) and not self.entries.complete("models", wildcards.model)["batch"])

    def chat_demand(self, wildcards: Wildcards) -> Demand:
        """Return what an MLLM's job about a shard asks of a cluster."""
        if self.serving.answers(wildcards.model):
            return resources.ASKING_A_SERVER
        if self.over_http(wildcards.model):
            return resources.behind_api(self.entries.cluster)
        work = self.chat_work(wildcards.model, wildcards.task, self._shard(wildcards).images)
        return self.entries.demand(self.entries.model_size("models", wildcards.model), work)

    def chat_work(self, model: str, task: str, images: float) -> Work:
        """Return the work of asking an MLLM about images.

        A task asks in each of its runs.
        """
        offered = "distractors" in self.entries.task(task)
        runs = self.entries.config["multiple_choice"]["runs"] if offered else self.runs_of(model, task)
        settings = dict(self.entries.complete("models", model)) | self._answer_length(task)
        return resources.chat(images * runs, settings["max_new_tokens"], self.images_per_request(model, task))

    # Prediction files.

    def imported_file(self, wildcards: Wildcards) -> str:
        """Return the user's prediction file of a model and task."""
        path: str = self.model(wildcards)["files"][wildcards.task]
        return path

    def agreement_key(self, wildcards: Wildcards) -> str | None:
        """Return the key that turns off a model's check of class ids."""
        return agreement_key("models", wildcards.model, self.model(wildcards))

    def reading(self, wildcards: Wildcards) -> dict[str, str]:
        """Return how a model's prediction files are read."""
        return {key: entry[key] for entry in [self.model(wildcards)] for key in ("column", "several") if key in entry}

    def imported_contents(self, wildcards: Wildcards) -> list[str]:
        """Return the hash of `imported_file`."""
        return self.entries.contents(self.imported_file(wildcards))

    # Where outputs, responses and predictions lie.

    def outputs_of(self, image_set: str, model: str) -> list[str]:
        """Return a classifier's outputs, in one file or one a shard."""
        votes = "nearest_neighbours" in self.entries.backend(model).rules
        shards = [paths.ALL_SHARDS] if votes else self.entries.shards(image_set)
        return [paths.outputs(image_set, "cw", model, shard) for shard in shards]

    def responses(self, wildcards: Wildcards) -> list[str]:
        """Return the responses of a task, or of its `answers_of`."""
        task = self.entries.task(wildcards.task).get("answers_of", wildcards.task)
        folder = f"{wildcards.image_set}/{task}/{wildcards.model}"
        return self.response_files(folder, wildcards.image_set, wildcards.model)

    def response_files(self, folder: str, image_set: str, model: str) -> list[str]:
        """Return a model's responses in a folder.

        Each shard has a file. Imported responses have one in all.
        """
        imported = self.entries.model(model)["backend"] == "imported"
        shards = ["imported"] if imported else self.entries.shards(image_set)
        return [paths.responses(folder, shard) for shard in shards]

    def predictions(self, wildcards: Wildcards) -> str:
        """Return the predictions of a job's model and task."""
        return self.predictions_of(wildcards.image_set, wildcards.get("labels"), wildcards.task, wildcards.model)

    def predictions_of(self, image_set: str, labels: str | None, task: str, model: str) -> str:
        """Return the predictions of a model in a task.

        Those of multiple choice depend on the labels that it offers.
        """
        offered = "distractors" in self.entries.task(task) and model not in self.entries.imported.with_classes
        return paths.predictions(image_set, labels if offered else None, task, model)


def _needs_conversion(weights: Mapping[str, Any]) -> bool:
    """Return whether weights are a GGUF file, which takes long to read."""
    return str(weights.get("file", weights.get("path", ""))).endswith(".gguf")

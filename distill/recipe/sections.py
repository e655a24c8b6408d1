"""What a recipe may say about each stage: its sections, as records."""

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, JsonValue, NonNegativeFloat, PositiveFloat, PositiveInt, model_validator

from distill.records import Message, Sampling
from distill.references import Record

Engine = Literal["vllm", "llama.cpp", "transformers"]
DEFAULT_FILTERS = ("truncated", "unanswered", "repetition", "mixed_language")
"""Of the filters in `distill.dataset.filters`, those that are on unless a recipe names others."""
DASHBOARD_PORT = 8265
"""Ray's own default."""
SERVE_URL = re.compile(r"serve://(?P<host>[\w.-]+|\[[\da-fA-F:]+\])(?::(?P<port>\d+))?/(?P<name>[^/]+)/?")
"""The address of Ray's dashboard, and an application's name there: `serve://HEAD:8265/NAME`."""


class Section(Record):
    """The settings of one stage."""

    operational: ClassVar[frozenset[str]] = frozenset()
    """Fields that change how fast a stage runs, not what it makes; the digest leaves them out."""

    def digested(self) -> dict[str, JsonValue]:
        """The settings that the stage's result depends on."""
        inner = {name: value.digested() for name, value in self if isinstance(value, Section)}
        return self.model_dump(mode="json", exclude={*self.operational, *inner}) | inner


class PromptsSection(Section):
    """Which prompts to sample."""

    file: Path
    """Prompt rows as JSONL, Parquet or CSV; relative to the recipe, else to the working folder."""


class Price(Record):
    """Currency units a million tokens."""

    prompt: NonNegativeFloat = 0.0
    completion: NonNegativeFloat


def _source_of_endpoints(place: str) -> str:
    """Raises ValueError for a URL that names no application of Ray Serve."""
    if "://" not in place:
        return place
    match = SERVE_URL.fullmatch(place)
    if match is None or not 0 < int(match["port"] or DASHBOARD_PORT) < 2**16:
        raise ValueError(
            f"{place!r} names no source of endpoints; give the path of a file, or serve://HEAD:8265/NAME for an "
            "application of Ray Serve. The URL of one endpoint belongs to `endpoints` (--endpoint)"
        )
    return place


ACCESS = frozenset({"endpoints", "price", "max_tokens_field", "headers", "key_env"})
"""Fields that say how an endpoint is reached and spoken to."""


class EndpointsSection(Section):
    """How a model's endpoints are reached, and in which form they take requests."""

    endpoints: tuple[str, ...] = ()
    """Base URLs, `http://host:8000/v1`; a query, as Azure's `?api-version=…`, stays at the end of each request's."""
    key_env: tuple[str, ...] = ()
    """Where keys are: the names of environment variables, `NAME` for the host of the first endpoint or `HOST=NAME`, in
    which HOST may be a pattern. A key is sent to no other host."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Sent with each request; `${NAME}` in a value stands for an environment variable, so that no secret is written."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What the endpoint calls the token limit; learnt where it refuses one of the two."""
    price: Price | None = None
    """What tokens cost."""


class TeacherSection(EndpointsSection):
    """The model that writes traces, and where it answers."""

    operational = ACCESS | {"endpoints_from", "num_slots", "args", "start_timeout_s"}

    model: str
    """The name that the endpoint knows it by; the column `teacher` of every sample."""
    engine: Engine | None = None
    """What `distill serve` starts; None: `endpoints` are running already."""
    weights: str | None = None
    """What the engine loads: a folder, a Hub id, or `package:NAME` for a GGUF file inside an installed package."""
    endpoints_from: Annotated[str, AfterValidator(_source_of_endpoints)] | None = None
    """What names further ones and is read again while sampling, so that they may join and leave: a file with a URL a
    line, or an application of Ray Serve, `serve://HEAD:8265/NAME`."""
    num_slots: PositiveInt = 16
    """Samples that a local engine decodes at once."""
    context_length: PositiveInt = 4096
    """Tokens of prompt and completion together that a local engine has room for."""
    args: tuple[str, ...] = ()
    """Further arguments of the engine's own command line."""
    start_timeout_s: PositiveFloat = 1800.0
    """How long loading may take; a 671B model takes a quarter of an hour."""

    @property
    def served_name(self) -> str:
        """What requests call the model: `transformers serve` knows it by its weights only."""
        return self.weights if self.engine == "transformers" and self.weights else self.model


class GenerateSection(Section):
    """How the teacher is sampled."""

    operational = frozenset(
        {
            "concurrency",
            "idle_timeout_s",
            "patience_s",
            "requests_per_minute",
            "tokens_per_minute",
            "max_cost",
            "max_samples",
            "batch",
        }
    )

    policy: str = "fixed(1)"
    """When a group has enough samples: `fixed(n)`, `at_least(k, max_n)`, `shortest_of(n)`, `budget(tokens)`."""
    sampling: Sampling = Sampling()
    few_shot: tuple[Message, ...] = ()
    """Messages sent before each prompt's own. They are not part of the dataset."""
    system: str | None = None
    """A system message sent first, unless the prompt has its own. It is not part of the dataset."""
    wording: str | None = None
    """What the teacher reads in place of a prompt's last message, with `{prompt}` where that stands:
    `{prompt}\n\nPut your final answer in \\boxed{}.` It is not part of the dataset."""
    batch: bool = False
    """Draw by the provider's batches instead of live: cheaper, and answered within a day."""
    concurrency: PositiveInt = 256
    """Requests in flight at once, over all endpoints."""
    idle_timeout_s: PositiveFloat = 1800.0
    """How long an endpoint may send nothing at all before its connection counts as lost. One that neither streams
    nor sends blank lines is silent for a whole answer."""
    patience_s: PositiveFloat = 900.0
    """How long no endpoint may answer anything before the run stops; a restart of a 671B model fits in."""
    requests_per_minute: PositiveFloat | None = None
    tokens_per_minute: PositiveFloat | None = None
    """Of prompts and completions together."""
    max_cost: PositiveFloat | None = None
    """Stop cleanly before the run has cost more, in the currency of `teacher.price`."""
    max_samples: PositiveInt | None = None
    """Stop cleanly once the run holds so many samples."""

    @model_validator(mode="after")
    def _has_room_for_the_prompt(self) -> Self:
        if self.wording is not None and "{prompt}" not in self.wording:
            raise ValueError("`wording` needs {prompt} where the prompt belongs")
        return self

    def digested(self) -> dict[str, JsonValue]:
        """As of any section; what asks for nothing special is left out, as in runs from before it could be asked."""
        settings = super().digested()
        return {
            name: value for name, value in settings.items() if value is not None or name not in ("system", "wording")
        }


class JudgeSection(EndpointsSection):
    """The language model that decides where rules cannot, and how it is asked."""

    operational = ACCESS | {"concurrency", "idle_timeout_s"}

    endpoints: Annotated[tuple[str, ...], Field(min_length=1)]
    model: str
    with_reference: str = "equivalence"
    """The template for answers and choices: a name under `recipes/judges/`, or a file."""
    without_reference: str = "general"
    """The template for prompts that carry nothing to check against."""
    votes: PositiveInt = 1
    """Asked of each sample; more than half must agree."""
    sampling: Sampling = Sampling(temperature=0.0, top_p=1.0, max_tokens=2048)
    on_abstain: bool = True
    """Whether the judge decides where a rule abstains."""
    audit_share: float = Field(0.0, ge=0, le=1)
    """The share of prompts on which it is asked beside the rule, whose verdict stands; the card has the agreement."""
    concurrency: PositiveInt = 64
    idle_timeout_s: PositiveFloat = 600.0

    @model_validator(mode="after")
    def _votes_can_differ(self) -> Self:
        if self.votes > 1 and self.sampling.temperature == 0:
            raise ValueError("several votes at temperature 0 are all the same; set judge.sampling.temperature")
        return self


class VerifySection(Section):
    """How samples are checked."""

    operational = frozenset({"workers"})

    workers: PositiveInt = 2
    time_limit_s: PositiveFloat = 1.0
    """Of CPU time, for comparing one answer. Programs have the limits that their tests state."""
    tolerance: Literal["exact", "reference-digits"] = "exact"
    """`reference-digits`: what rounds to the digits that a decimal reference prints is right."""
    sandbox: str = "namespaces"
    """Where programs run: `namespaces` (this machine), `wasi`, `sandboxfusion:URL` or `piston:URL`."""
    all_tests: bool = False
    """Run a program's remaining tests after its first failure, so that the reason tells how many passed."""
    judge: JudgeSection | None = None
    """None: what rules cannot decide stays undecided."""

    def digested(self) -> dict[str, JsonValue]:
        """As of any section; what asks for nothing special is left out, as in runs from before it could be asked."""
        settings = super().digested()
        return {name: value for name, value in settings.items() if (name, value) != ("tolerance", "exact")}


class SelectSection(Section):
    """Which traces go into the dataset, and how many."""

    operational = frozenset({"since"})

    policy: str = "shortest"
    """Which of a prompt's correct samples are preferred; `all(4)` takes up to four of each prompt."""
    filters: tuple[str, ...] = DEFAULT_FILTERS
    """What drops a trace by its text; the names of `distill.dataset.filters`."""
    min_tokens: int = Field(0, ge=0)
    max_tokens: PositiveInt | None = None
    min_pass_rate: float = Field(0.0, ge=0, le=1)
    max_pass_rate: float = Field(1.0, ge=0, le=1)
    """Prompts outside this band are left out; below 1, those that every sample solves."""
    context_length: PositiveInt | None = None
    """What the student can read: longer rows are left out."""
    tokenizer: str | None = None
    """Count tokens as this student does, a Hub id or a folder; None: the teacher's own count."""
    vote_share: float | None = Field(None, gt=0, le=1)
    """Where a prompt has no reference, its majority answer stands in if this share agrees; None: never."""
    mixture: str | None = None
    """Quotas: a name under `recipes/mixtures/`, or a YAML file; None: whatever was selected."""
    rows: PositiveInt | None = None
    """Rows in all, split over the quotas; None: the mixture's own counts, or all there are."""
    allow_short: bool = False
    """Write what there is where a quota cannot be filled."""
    held_out: float = Field(0.0, ge=0, lt=1)
    """The share of prompts whose rows go into the split `test`."""
    seed: int = 0
    """Draws the prompts of a quota, the held-out ones, and the policy `random`."""
    since: str | None = None
    """An earlier version of the dataset, a folder or an id of the Hub; the card then tells what has changed."""


class SftSection(Section):
    """How the student is trained: a recipe under `recipes/students/`, and overrides of its TRL keys."""

    recipe: str
    overrides: tuple[str, ...] = ()


class EvalSection(Section):
    """On what the student is scored before and after training."""

    operational = frozenset({"concurrency", "engine", "name"})

    file: Path
    """Held-out prompt rows."""
    name: str | None = None
    """What the score is called; None: the file's name."""
    num_samples: PositiveInt = 4
    sampling: Sampling = Sampling()
    engine: Engine | None = None
    """What serves the student; None: vLLM where it is installed, else transformers."""
    context_length: PositiveInt = 4096
    concurrency: PositiveInt = 32

"""Options that say how a teacher is reached, what it reads, how it is sampled, and how much may be bought."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

if TYPE_CHECKING:
    from distill.recipe.sections import GenerateSection, Price, TeacherSection

Header = Annotated[
    list[str] | None,
    typer.Option(
        metavar="'NAME: VALUE'",
        help="Sent with each request; ${VARIABLE} in it is read from the environment and never stored; repeatable.",
    ),
]
PriceOption = Annotated[
    str | None, typer.Option(metavar="IN,OUT", help="Cost of a million prompt and completion tokens, in any currency.")
]


class TeacherOptions(NamedTuple):
    """Which teacher is asked, and where it answers."""

    model: Annotated[str, typer.Option(metavar="NAME", help="The name the endpoint knows the teacher by.")]
    endpoint: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL",
            help="Base URL of the teacher, http://host:8000/v1; repeatable. Its key is read from DISTILL_API_KEY, else "
            "OPENAI_API_KEY.",
        ),
    ] = None
    endpoints: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|URL",
            help="Further URLs, which may change while sampling: a file with one a line, or a Ray Serve application, "
            "serve://HEAD:8265/NAME.",
        ),
    ] = None
    key_env: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[HOST=]NAME", help="Another variable for the key, of the host that is named; repeatable."
        ),
    ] = None
    header: Header = None
    max_tokens_field: Annotated[
        str, typer.Option(metavar="NAME", help="max_tokens, or max_completion_tokens; learnt where one is refused.")
    ] = "max_tokens"
    price: PriceOption = None

    def section(self, on: str | None) -> "tuple[TeacherSection, int]":
        """The teacher, and the GPUs that a worker needs to start it itself, where `on` names hardware."""
        from distill.errors import TeacherError
        from distill.recipe.loading import parse_section
        from distill.recipe.sections import TeacherSection
        from distill.teacher.engines.catalogue import node_local

        if not self.endpoint and self.endpoints is None and on is None:
            raise TeacherError(
                "No endpoint is named; add --endpoint URL, or --endpoints FILE with a URL a line, or "
                "serve://HEAD:8265/NAME."
            )
        access = {
            "key_env": self.key_env or (),
            "headers": headers(self.header or ()),
            "max_tokens_field": self.max_tokens_field,
            "price": self.price and parse_price(self.price),
        }
        given = {"model": self.model, "endpoints": self.endpoint or (), "endpoints_from": self.endpoints, **access}
        named = parse_section(TeacherSection, given, ())
        if on is None:
            return named, 0
        teacher, num_gpus = node_local(self.model, on)
        return teacher.model_copy(update={field: getattr(named, field) for field in access}), num_gpus


class WordingOptions(NamedTuple):
    """What the teacher reads besides the prompt; none of it goes into the dataset."""

    system: Annotated[
        str | None, typer.Option(metavar="TEXT", help="A system message, where the prompt has none of its own.")
    ] = None
    wording: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is asked, with {prompt} where the prompt's last message belongs."),
    ] = None
    few_shot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Examples: JSON, or JSON lines, of role and content, or of prompt and completion."
        ),
    ] = None

    def given(self) -> dict[str, object]:
        """As a recipe says it. Raises InputError for a file that cannot be read."""
        from distill.rows.few_shot import read_few_shot

        return {
            "system": self.system,
            "wording": None if self.wording is None else _text_of(self.wording),
            "few_shot": () if self.few_shot is None else read_few_shot(self.few_shot),
        }


class SamplingOptions(NamedTuple):
    """How samples are drawn."""

    policy: Annotated[str, typer.Option(help="fixed(n), at_least(k, max_n), shortest_of(n) or budget(tokens).")] = (
        "fixed(1)"
    )
    temperature: Annotated[
        str, typer.Option(metavar="NUMBER|none", help="none: left out, for endpoints that refuse it.")
    ] = "0.6"
    top_p: Annotated[str, typer.Option(metavar="NUMBER|none", help="As above.")] = "0.95"
    max_tokens: Annotated[int, typer.Option(min=1, help="Token limit of a sample.")] = 32768
    stop: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="A text at which the endpoint stops; repeatable.")
    ] = None
    seed: Annotated[int | None, typer.Option(help="Sent with the sample's number added; slows vLLM down.")] = None
    extra_body: Annotated[
        str | None,
        typer.Option(metavar="JSON", help='Further fields of each request: \'{"reasoning_effort": "high"}\'.'),
    ] = None

    def given(self) -> dict[str, object]:
        """As a recipe says it. Raises RecipeError where the extra body is no object."""
        return {
            "policy": self.policy,
            "sampling": {
                "temperature": _number_or_none(self.temperature),
                "top_p": _number_or_none(self.top_p),
                "max_tokens": self.max_tokens,
                "seed": self.seed,
                "stop": self.stop or (),
                "extra_body": _extra_body(self.extra_body),
            },
        }


class LimitOptions(NamedTuple):
    """How fast is asked, how long is waited, and how much is bought."""

    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight at once.")] = 256
    requests_per_minute: Annotated[float | None, typer.Option(metavar="NUMBER", help="Sent at most.")] = None
    tokens_per_minute: Annotated[
        float | None, typer.Option(metavar="NUMBER", help="Of prompts and completions, at most.")
    ] = None
    idle_timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="Silence after which a connection counts as lost.")
    ] = 1800.0
    batch: Annotated[
        bool, typer.Option("--batch", help="Draw by the provider's batches: cheaper, answered within a day.")
    ] = False
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long no endpoint may answer before the command gives up.")
    ] = 900.0
    max_cost: Annotated[
        float | None,
        typer.Option(metavar="NUMBER", help="Stop before the run has cost more, by --price; run again to go on."),
    ] = None
    max_samples: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="Stop once the run holds so many samples.")
    ] = None

    def given(self) -> dict[str, object]:
        """As a recipe says it."""
        return {
            "concurrency": self.concurrency,
            "requests_per_minute": self.requests_per_minute,
            "tokens_per_minute": self.tokens_per_minute,
            "idle_timeout_s": self.idle_timeout,
            "patience_s": self.patience,
            "batch": self.batch,
            "max_cost": self.max_cost,
            "max_samples": self.max_samples,
        }


def generate_section(sampling: SamplingOptions, wording: WordingOptions, limits: LimitOptions) -> "GenerateSection":
    """What a recipe would say under `generate`. Raises RecipeError for values that it refuses."""
    from distill.recipe.loading import parse_section
    from distill.recipe.sections import GenerateSection

    return parse_section(GenerateSection, {**sampling.given(), **wording.given(), **limits.given()}, ())


def headers(lines: "list[str] | tuple[()]") -> dict[str, str]:
    """Headers as people write them, `NAME: VALUE`. Raises RecipeError for what is none."""
    from distill.errors import RecipeError

    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not name or " " in name:
            raise RecipeError(f"--header reads 'NAME: VALUE', such as 'X-Title: distill', but {line!r} was given.")
        if name in found:
            raise RecipeError(f"--header gives {name} twice; leave one of them out.")
        found[name] = value
    return found


def parse_price(text: str) -> "Price":
    """`0.55,2.19`, of prompt and completion tokens; a single number is that of completion tokens."""
    from distill.errors import RecipeError
    from distill.recipe.sections import Price

    prompt, comma, completion = text.rpartition(",")
    try:
        return Price(prompt=float(prompt) if comma else 0.0, completion=float(completion))
    except ValueError:
        raise RecipeError(
            f"--price reads IN,OUT, the cost of a million prompt tokens and of a million completion tokens, such as "
            f"0.55,2.19, but {text!r} was given."
        ) from None


def _number_or_none(text: str) -> str | None:
    """What the section reads as a number, or None."""
    return None if text.strip().lower() == "none" else text


def _extra_body(text: str | None) -> object:
    from distill.errors import RecipeError

    try:
        body = json.loads(text or "{}")
    except ValueError as error:
        raise RecipeError(f"--extra-body takes a JSON object, but {text!r} is no JSON ({error}).") from None
    if not isinstance(body, dict):
        raise RecipeError(f"--extra-body takes a JSON object, such as '{{\"top_k\": 20}}', but {text!r} was given.")
    return body


def _text_of(path: Path) -> str:
    from distill.errors import InputError

    if not path.is_file():
        raise InputError(
            f"There is no file {path}; --wording takes a file that holds {{prompt}} and what stands around."
        )
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n")
    except ValueError:
        raise InputError(f"{path} is no UTF-8 text; save it as such.") from None

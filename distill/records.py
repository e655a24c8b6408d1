"""The nouns: what a user brings, what a teacher writes, what a verifier decides."""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    JsonValue,
    NonNegativeInt,
    PositiveInt,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from distill.references import Domain, Record, Reference, VerifierName, verifier_for

Role = Literal["system", "user", "assistant"]


class Outcome(StrEnum):
    """What a verifier decided. Compare with `is`: every member is truthy, `fail` too."""

    PASS = "pass"
    """The sample is right."""
    FAIL = "fail"
    """The sample is wrong, unfinished, too slow, or gives no answer."""
    ABSTAIN = "abstain"
    """We could not tell; never a pass, and never counted against the teacher."""


class FinishReason(StrEnum):
    """How a sample ended: a closed list, to which `teacher.reply` maps an endpoint's word. Only `stop` is whole."""

    STOP = "stop"
    """The teacher ended it."""
    LENGTH = "length"
    """The token limit cut it off."""
    CANCELLED = "cancelled"
    """The policy stopped it, which says nothing about the teacher."""
    REFUSED = "refused"
    """The endpoint will not answer the request; see `Sample.error`."""
    FILTERED = "filtered"
    """The endpoint withheld or cut it, or ended it with a word that nobody knows: never eligible for a dataset."""

    @classmethod
    def _missing_(cls, value: object) -> "FinishReason":  # noqa: ARG003 - whatever it is
        """Earlier versions stored the endpoint's own word."""
        return cls.FILTERED


class RefusalKind(StrEnum):
    """Why an endpoint will not answer a request, by what mends it."""

    ACCESS = "access"
    """The key, the credit, the model's name or the path."""
    SETTING = "setting"
    """A parameter of the request, or its value."""
    CONTEXT = "context"
    """The prompt, alone or with the token limit, is longer than the model has room for."""
    CONTENT = "content"
    """The endpoint does not want to answer this prompt."""
    OTHER = "other"


class Message(Record):
    """One turn: `Message(role="user", content="What is 2+2?")`."""

    role: Role
    content: str


class Prompt(Record):
    """What the teacher is asked, and what is needed to check the answer.

    `Prompt(id="q1", messages=(Message(role="user", content="2+2?"),), domain="math",
    reference=Answer(value="4"), source="quickstart", license="Apache-2.0", language=None)`
    """

    id: str
    messages: Annotated[tuple[Message, ...], Field(min_length=1)]
    domain: Domain
    reference: Reference | None
    """None: only a judge can decide."""
    source: str | None = None
    license: str | None = None
    language: str | None = None
    pass_rate: float | None = Field(None, exclude=True)
    """How often a pilot solved it, of 0 to 1. Like its samples, it makes no other prompt: dumps and digests lack it."""
    num_pilot_samples: int | None = Field(None, exclude=True)
    """The decided samples behind `pass_rate`."""

    @property
    def verifier(self) -> VerifierName:
        """The verifier that the reference calls for."""
        return verifier_for(self.reference)


def content_id(messages: tuple[Message, ...], reference: Reference | None) -> str:
    """The default id of a prompt: 80 bits of the SHA-256 of its messages and reference."""
    parts = [
        [[m.role, m.content] for m in messages],
        reference and reference.model_dump(mode="json", exclude_none=True),
    ]
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _from_json(value: object) -> object:
    """Tables hold it as JSON text, null where there is none."""
    return json.loads(value) if isinstance(value, str) else value or {}


def _from_null(value: object) -> object:
    """Rows of earlier versions have none."""
    return value or ()


class Sampling(Record):
    """How a sample was drawn."""

    temperature: float | None = Field(0.6, ge=0)
    """0.6 and 0.95 are DeepSeek-R1's own settings (arXiv 2501.12948 v2, D.1). None: left out, the endpoint's own."""
    top_p: float | None = Field(0.95, gt=0, le=1)
    max_tokens: PositiveInt = 32768
    seed: int | None = None
    """Sent as seed + index. vLLM samples seeded requests one by one, so leave it out of real runs."""
    stop: Annotated[tuple[str, ...], BeforeValidator(_from_null)] = ()
    """Texts at which the endpoint stops."""
    extra_body: Annotated[dict[str, JsonValue], BeforeValidator(_from_json)] = Field(default_factory=dict)
    """Further fields of the request, as this endpoint knows them: `top_k`, `reasoning_effort`, …"""

    @model_serializer(mode="wrap")
    def _as_asked(self, dump: SerializerFunctionWrapHandler) -> dict[str, object]:
        """What asks for nothing special is left out, as in runs from before it could be asked."""
        fields: dict[str, object] = dump(self)
        return {name: value for name, value in fields.items() if value or name not in ("stop", "extra_body")}


class Sample(Record):
    """One completion drawn for one prompt; `(prompt_id, index)` is its key."""

    prompt_id: str
    index: int = Field(ge=0)
    reasoning: str | None
    """None where the teacher wrote none."""
    answer: str
    """Empty where the reasoning never ended."""
    finish_reason: FinishReason
    num_tokens: int
    """Completion tokens as the endpoint counts them, reasoning included."""
    num_prompt_tokens: int
    teacher: str
    sampling: Sampling
    seconds: float
    resumed_at: int | None = None
    """The tokens at which it was last continued after its stream had broken off; None: written in one go."""
    error: str | None = None
    """What the endpoint said when it refused."""
    refusal: RefusalKind | None = None
    """Why it refused."""
    finished_s: float | None = None
    """When it ended, in Unix time; None: drawn before this was noted."""

    @property
    def is_truncated(self) -> bool:
        """Whether the token limit cut it off."""
        return self.finish_reason is FinishReason.LENGTH

    @property
    def is_cancelled(self) -> bool:
        """Whether we stopped it, which says nothing about the teacher."""
        return self.finish_reason is FinishReason.CANCELLED


class FailedTest(Record):
    """A test that a program did not pass, for people: clean texts, cut to what a page can show."""

    number: PositiveInt
    """Its place among the tests, from 1."""
    input: str
    expected: str
    got: str


class Verdict(Record):
    """A verifier's decision on one sample."""

    outcome: Outcome
    verifier: VerifierName
    extracted: str | None
    """What was taken from the completion as its answer."""
    reason: str
    """Why, in a few words, for people."""
    seconds: float
    """What the verifier spent on it: CPU time for short answers, wall time for programs and judges."""
    second_opinion: Outcome | None = None
    """What a judge said, where it was asked beside the rule that decided."""
    num_passed: NonNegativeInt | None = None
    """How many of `num_tests` a program passed, in their order up to the first failure, or of all with `all_tests`."""
    num_tests: PositiveInt | None = None
    failed_test: FailedTest | None = None
    """The first test that a program did not pass."""

    @classmethod
    def decided(
        cls, outcome: Outcome, verifier: VerifierName, reason: str, extracted: str | None = None, seconds: float = 0
    ) -> Self:
        """A verdict with the outcome that is given; `seconds` of work went into it."""
        return cls(outcome=outcome, verifier=verifier, extracted=extracted, reason=reason, seconds=round(seconds, 6))

    @classmethod
    def passed(cls, verifier: VerifierName, reason: str, extracted: str | None = None, seconds: float = 0) -> Self:
        """The sample is right."""
        return cls.decided(Outcome.PASS, verifier, reason, extracted, seconds)

    @classmethod
    def failed(cls, verifier: VerifierName, reason: str, extracted: str | None = None, seconds: float = 0) -> Self:
        """The sample is wrong."""
        return cls.decided(Outcome.FAIL, verifier, reason, extracted, seconds)

    @classmethod
    def undecided(cls, verifier: VerifierName, reason: str, extracted: str | None = None, seconds: float = 0) -> Self:
        """Nothing is known about the sample; never a pass."""
        return cls.decided(Outcome.ABSTAIN, verifier, reason, extracted, seconds)

    @property
    def share_passed(self) -> float:
        """The share of its tests that a program passed; where they were not counted, 1 for a pass and 0 otherwise."""
        if self.num_tests is None or self.num_passed is None:
            return float(self.outcome is Outcome.PASS)
        return self.num_passed / self.num_tests


class Trace(Record):
    """A prompt, one of its samples, and what was decided on it."""

    prompt: Prompt
    sample: Sample
    verdict: Verdict | None
    """None until it is verified."""

    @property
    def is_passed(self) -> bool:
        """Whether the verifier decided, and decided that it is right."""
        return self.verdict is not None and self.verdict.outcome is Outcome.PASS

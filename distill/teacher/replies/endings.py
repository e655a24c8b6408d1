"""How an answer ended, and what an error inside an answer means: the words of many endpoints."""

import json
import re
from collections.abc import Iterator, Mapping

from distill.records import FinishReason

_STOP = (
    "stop end_turn stop_sequence",  # OpenAI; Anthropic's words, which gateways pass on
    "eos eos_token endoftext",  # Together, Text Generation Inference, AI21
    "complete completed finish finished end done word",  # Cohere, Bedrock's Titan, Ollama, old llama.cpp
    "reason_stop finish_reason_stop",  # xAI and Gemini over gRPC
)
_LENGTH = (
    "length max_tokens max_output_tokens max_length max_new_tokens limit",
    "model_length",  # Mistral: the context is full
    "model_context_window_exceeded context_length_exceeded",  # Anthropic
    "token_limit error_limit reason_max_len reason_max_context finish_reason_max_tokens",  # watsonx, Cohere, xAI
)
_BROKEN = (
    "abort aborted",  # vLLM and SGLang that are stopped: vllm#57082, miles#3337
    "error engine_error internal_error server_error",  # OpenRouter, Cohere, Mistral
    "insufficient_system_resource",  # DeepSeek
    "network_error",  # Zhipu
    "time_limit reason_time_limit timeout cancelled canceled interrupted not_finished",  # watsonx, xAI
    "overloaded unload",  # Ollama
)
_ENDINGS: Mapping[str, FinishReason | None] = {
    word: reason
    for rows, reason in ((_STOP, FinishReason.STOP), (_LENGTH, FinishReason.LENGTH), (_BROKEN, None))
    for row in rows
    for word in row.split()
}


def ending(word: str) -> FinishReason | None:
    """What an endpoint's finish reason says; None: it broke off, and another try may go further.

    What nobody knows, and what somebody withheld (`content_filter`, `safety`, `repetition`, `tool_calls`), is
    FILTERED: such a text is not known to be whole.
    """
    return _ENDINGS.get(word.lower().replace(" ", "_"), FinishReason.FILTERED)


def word_of(value: object) -> str:
    """A finish reason as a word: some endpoints give an object, or null and "" for what goes on."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("type", "reason", "finish_reason", "raw", "value") if value.get(key)), "")
    word = str(value or "")
    return "" if word.lower() in ("null", "none") else word


_STATUSES = {
    400: "badrequest invalidrequest invalidargument invalidvalue invalidparameter invalidprompt unsupportedparameter "
    "unsupportedvalue contextlengthexceeded stringabovemaxlength validation contentfilter contentpolicyviolation "
    "datainspectionfailed moderation failedprecondition",
    401: "authentication unauthorized unauthenticated invalidapikey invalidauthentication",
    402: "insufficientquota insufficientbalance insufficientcredits billing billinghardlimitreached "
    "billingnotactive paymentrequired exceededcurrentquota",
    403: "permission permissiondenied forbidden accessdenied unsupportedcountryregionterritory",
    404: "notfound modelnotfound modelnotsupported deploymentnotfound resourcenotfound nosuchmodel",
    408: "timeout requesttimeout apitimeout",
    413: "requesttoolarge payloadtoolarge",
    422: "unprocessableentity unprocessable",
    429: "ratelimit ratelimited ratelimitexceeded ratelimitreached toomanyrequests resourceexhausted throttling "
    "throttled requestlimitexceeded tokens requests quotaexceeded",
    500: "server internal internalserver api upstream provider engine unknown",
    503: "overloaded serviceunavailable unavailable serveroverloaded engineoverloaded modeloverloaded nocapacity "
    "capacityexceeded modelnotready modelloading",
    504: "gatewaytimeout deadlineexceeded",
}
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words.split()}
_NO_LETTERS = re.compile(r"[^a-z]")


class ErrorInBody(Exception):  # noqa: N818 - what an endpoint says, not a failure of ours
    """An error that an endpoint reports in an answer whose HTTP status was 200: to be treated like that status."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status} in an answer of 200")
        self.status = status
        """As the error's code or words have it; 500 where they say nothing, so that it is tried again."""
        self.body = body
        """The error as JSON, in the endpoint's words."""


def error_in(data: Mapping[str, object], *, has_choices: bool) -> ErrorInBody | None:
    """The error that an answer, an event or a choice holds.

    Without choices, an object that has a code or nothing but a message is taken for one, as gateways send it.
    """
    error = data.get("error")
    if isinstance(error, dict) and not any(error.values()):
        error = None
    if error:
        says = error if isinstance(error, dict) else {"message": error}
        return ErrorInBody(_status({**_about(data), **says}), json.dumps(data).encode())
    is_error = data.get("object") == "error" or data.get("type") == "error"
    if is_error or (not has_choices and any(data.get(key) for key in ("detail", "message", "msg", "errors"))):
        return ErrorInBody(_status(data), json.dumps(data).encode())
    return None


def _about(data: Mapping[str, object]) -> dict[str, object]:
    """What stands beside an error: its code, where it is only a text."""
    return {key: data[key] for key in ("code", "status", "status_code") if data.get(key)}


def _status(error: Mapping[str, object]) -> int:
    return next((status for status in _statuses(error) if status is not None), 500)


def _statuses(error: Mapping[str, object]) -> Iterator[int | None]:
    for key in ("code", "status", "status_code", "http_code"):
        yield _number(error.get(key))
    for key in ("code", "type", "status", "error_type", "message"):
        value = error.get(key)
        yield _STATUS_OF.get(_bare(value)) if isinstance(value, str) else None


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 3 and text[0] in "45" else None


def _bare(word: str) -> str:
    """`BadRequestError`, `bad_request` and `bad-request` as one word."""
    return _NO_LETTERS.sub("", word.lower()[:80]).removesuffix("exception").removesuffix("error")

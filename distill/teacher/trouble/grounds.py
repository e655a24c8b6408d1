"""The words by which endpoints say why they refuse: many makers, few grounds."""

import re


def _any(*phrases: str) -> re.Pattern[str]:
    return re.compile("(?i)" + "|".join(phrases))


TOO_LARGE = _any(r"request too large", r"tokens per minute[^\n]{0,80}too large")
"""It alone is more than the limit of a minute, so that waiting is of no use."""
BUSY = _any(
    r"overload", r"at capacity", r"rate.?limit", r"too many (?:concurrent )?requests", r"throttl", r"queue is full",
    r"temporarily unavailable", r"loading model", r"warming up",
    r"(?:model|server) is (?:currently |still |now )?(?:loading|unloaded|not (?:yet )?loaded)",
)  # fmt: skip
NO_CREDIT = _any(
    r"insufficient.{0,2}(?:quota|balance|credit|funds)", r"billing", r"exceeded your current quota", r"arrears",
    r"credit balance", r"more credits", r"payment required", r"overdue", r"(?:not|n't) have enough (?:credit|balance)",
)  # fmt: skip
NO_KEY = _any(r"api.?key", r"unauthorized", r"authenti")
NO_RIGHT = _any(r"permission")
"""Gateways say so of whatever has the status 403, a moderated prompt too."""
NO_MODEL = _any(
    r"model.{0,120}(?:does not exist|not found|n't exist|not a valid|no longer available|decommissioned)",
    r"(?:invalid|unknown|no such|unrecognized|not a valid) model", r"model_not_found", r"deploymentnotfound",
    r"no endpoints found", r"terms.acceptance", r"accept the terms", r"not available in your", r"country, region",
)  # fmt: skip
CONTENT = _any(
    r"moderation", r"moderated", r"content.{0,12}(?:filter|polic|risk|violat|inspection)", r"data_inspection",
    r"usage (?:polic|guideline)", r"flagged", r"terms.{0,4}of.{0,4}(?:service|use)", r"inappropriate", r"prohibited",
    r"harmful", r"unsafe", r"guardrail", r"responsible.?ai", r"safety (?:system|polic|setting|filter|reason|check)",
    r"sensitive (?:content|word|information)", r"violat\w{0,6} (?:our|the|of)", r"policy violation",
)  # fmt: skip
CONTEXT = _any(
    r"context.{0,24}(?:length|window|size|limit|overflow)", r"exceed_context", r"prompt (?:is |was )?too long",
    r"too many (?:input )?tokens", r"token limit", r"maximum prompt length", r"input length", r"input is too long",
    r"reduce the length", r"reduce your (?:message|prompt)", r"input token count", r"longer than the (?:model|maximum)",
    r"tokens per minute", r"max_new_tokens.{0,10}must be <=", r"inputs.{0,10}must have less", r"request too large",
    r"entity too large", r"larger than the max",
)  # fmt: skip
SETTING = _any(
    r"unsupported", r"not.{0,12}support", r"n't support", r"un(?:known|recogni[sz]ed|expected)", r"invalid",
    r"not permitted", r"not allowed", r"deprecated", r"cannot (?:be|both)", r"must be", r"should be", r"out of range",
    r"additional propert", r"cannot find field", r"too large", r"parameter", r"incompatible", r"may only", r"range of",
    r"model limit", r"must have",
)  # fmt: skip
WRAPPED = _any(r"invalid.request", r"bad.?request", r"\b4(?:00|13|22)\b")
"""Of a gateway that says 500 where the server behind it has refused a request."""
SYSTEM = _any(r"(?:system|developer).{0,20}(?:role|message|instruction|prompt)", r"roles?\b.{0,60}system")
"""Of a model that takes no system message."""
MORE_ROOM = _any(r"higher max_tokens")
"""An answer that did not fit, told as an error."""
NOT_TAKEN = _any(
    r"unsupported", r"n't support", r"un(?:known|recogni[sz]ed|expected)", r"extra.(?:inputs|fields|forbidden)",
    r"not (?:currently |yet |be )?(?:support|permitted|allowed|available|accept|recogni[sz]e|implemented|enabled)",
    r"not (?:a valid|both)", r"additional propert", r"deprecated", r"only the default", r"may only", r"only be set",
    r"only.{1,20}(?:is|are) (?:allowed|supported)", r"cannot (?:find field|be |both)", r"no longer", r"incompatible",
    r"must be (?:unset|false|omitted|removed|verified to)", r"mutually exclusive", r"no such", r"invalid parameter",
    r"does not (?:support|accept|recogni[sz]e|allow|take|have)", r"disabled", r"invalid (?:argument|field) name",
    r"only one of", r"\bremoved?\b",
)  # fmt: skip
"""Of a field that cannot be sent at all, whatever its value."""

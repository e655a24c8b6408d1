"""The form in which requests go into a batch: the endpoint's, as in live sampling."""

from distill.recipe.sections import GenerateSection
from distill.sampling.agenda import SampleRequest
from distill.sampling.batches.notes import BatchLine
from distill.sampling.messages import messages_of
from distill.teacher.asking.ask import Ask
from distill.teacher.asking.body import chat_body, drawn, fitted
from distill.teacher.asking.client import Client


class BatchForm:
    """Puts requests into the form that a client knows to be taken."""

    def __init__(self, client: Client, settings: GenerateSection) -> None:
        self._client = client
        self._settings = settings

    def ask(self, request: SampleRequest, max_tokens: int | None) -> tuple[BatchLine, dict[str, object]]:
        """A request as a line, and as the body that is sent; `max_tokens` is the policy's limit."""
        client, sampling = self._client, self._settings.sampling
        ask = Ask(
            group=request.prompt.id,
            messages=messages_of(request.prompt, self._settings),
            sampling=sampling,
            index=request.index,
            max_tokens=max_tokens,
        )
        fit = fitted(ask, client.form, None)
        line = BatchLine(
            prompt_id=request.prompt.id,
            index=request.index,
            max_tokens=max_tokens,
            sampling=drawn(sampling, client.form, fit),
        )
        return line, chat_body(ask, client.model, client.form, fit.limit, client.kind)

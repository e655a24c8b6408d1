"""The licence of rows that state none: the preset's, else what the command says, else what the dataset's card says."""

from collections.abc import Callable

from distill.progress import say
from distill.prompts.sources.source import Source

TIMEOUT_S = 10.0
"""For the card, without which the rows are as good."""


def card_license(dataset: str, endpoint: str | None = None) -> str | None:
    """The licence on the card of a Hub dataset, several side by side; None where it has none or cannot be asked."""
    from httpx2 import TransportError
    from huggingface_hub import HfApi

    try:
        card = HfApi(endpoint).dataset_info(dataset, timeout=TIMEOUT_S).card_data
    except (OSError, TransportError) as error:
        reason = str(error).strip().partition("\n")[0]
        say(f"{dataset}: its card cannot be read for a licence ({reason}); --license NAME states one.")
        return None
    stated = None if card is None else card.get("license")
    return ", ".join(stated) if isinstance(stated, list) else stated


def licensed(source: Source, given: str | None, ask: Callable[[str], str | None] = card_license) -> Source:
    """The source with a licence for its rows; `given` is what `--license` says where the preset says nothing.

    `ask` finds the licence of a Hub dataset, and is called only for one that nothing else gives a licence.
    """
    preset = source.preset
    if preset.license is not None:
        return source
    on_hub = preset.dataset if source.file is None else None
    return source._replace(preset=preset.model_copy(update={"license": given or (ask(on_hub) if on_hub else None)}))

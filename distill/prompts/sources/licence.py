"""The licence of rows that state none: the preset's, else what the command says, else what the dataset's card says."""

from distill.progress import say
from distill.prompts.sources.source import Source

TIMEOUT_S = 10.0
"""For the card, without which the rows are as good."""


def licensed(source: Source, given: str | None) -> Source:
    """The source with a licence for its rows; `given` is what `--license` says where the preset says nothing."""
    if source.preset.license is not None:
        return source
    is_on_hub = source.file is None and source.preset.dataset is not None
    found = given or (_on_card(str(source.preset.dataset)) if is_on_hub else None)
    return source._replace(preset=source.preset.model_copy(update={"license": found}))


def _on_card(dataset: str) -> str | None:
    """The licence on the card of a Hub dataset, several side by side; None where it has none or cannot be asked."""
    from httpx2 import TransportError
    from huggingface_hub import HfApi

    try:
        card = HfApi().dataset_info(dataset, timeout=TIMEOUT_S).card_data
    except (OSError, TransportError) as error:
        reason = str(error).strip().partition("\n")[0]
        say(f"{dataset}: its card cannot be read for a licence ({reason}); --license NAME states one.")
        return None
    stated = None if card is None else card.get("license")
    return ", ".join(stated) if isinstance(stated, list) else stated

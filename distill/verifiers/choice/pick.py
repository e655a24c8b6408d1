"""Which option a text picks: the last statement that it makes counts. Pure."""

import re
from typing import NamedTuple

from distill import reasoning
from distill.references import Choice as ChoiceReference
from distill.rows.parse import LETTERS, right_option
from distill.verifiers.choice.marks import marked
from distill.verifiers.choice.option_texts import OptionTexts, normal, option_texts
from distill.verifiers.choice.reading import Held, ReadText, clean, read
from distill.verifiers.choice.statements import NO_OPTION, Claim, Mood
from distill.verifiers.choice.tokens import MARK, Sign, kinds_of, tokens

_HEAD, _TAIL, _LAST = 600, 3000, 250
"""Characters at a text's two ends that are read, since answers do not stand between, and those that are read first."""
_SHORT = 80
"""Characters of a text that is read as a sentence although no full stop ends it; what is cut off is longer."""
_MAX_MARKED = 8
"""MarkedText answers that are looked at, from the last."""
_NEXT_QUESTION = re.compile(r"\n(?:Question|Q|问题|题目) ?\d{0,3}[:：]")
"""Where a model that was not stopped goes on to ask and answer a question of its own."""
_LETTER = re.compile(r"\(?([A-Za-z])\)?\.?")
_CONTENT = re.compile("[fo:]{0,3}(?:([LB](?:,?[&,]?[LB])*+)(?![|LB])|R$|l$)")
_SENTENCE_END = re.compile(r"[\n。!?]|\. ")


class Picked(NamedTuple):
    """The options (zero-based) that an answer picks, and the rule that found them.

    `doubt` is a clause that says why the text is no clear statement, else "". No options and no doubt: it says that the
    options in `denied` are wrong, and no more.
    """

    places: frozenset[int]
    rule: str
    doubt: str = ""
    denied: frozenset[int] = frozenset()


def pick(answer: str, choices: tuple[str, ...]) -> Picked | None:
    """The options that an answer picks; None where it states none.

    A statement is a box, a tag or a JSON object's `answer`; letters or an option's text behind words that announce an
    answer; a letter that is the first or last line; else the option that alone is called right, or whose text the last
    sentence states. It does not look for letters elsewhere: what was not said is not an answer.
    """
    if reasoning.OPEN in answer or reasoning.CLOSE in answer:
        answer = reasoning.split(answer).answer
    options = option_texts(choices)
    question = _NEXT_QUESTION.search(answer)
    first = _pick(answer[: question.start()], options) if question else None
    return first or _pick(answer, options)


def wanted(reference: ChoiceReference) -> frozenset[int] | None:
    """The right options, of which some questions have several; None where the reference names none.

    A letter is a letter, also where an option reads so (`B` for boron), and a text only where all options are letters.
    """
    answer, options = reference.answer.strip(), option_texts(reference.choices)
    letter = _LETTER.fullmatch(answer)
    if letter and not options.are_letters and (place := LETTERS.index(letter[1].upper())) < len(reference.choices):
        return frozenset({place})
    place_of_text = right_option(answer, reference.choices)
    if place_of_text is not None:
        return frozenset({place_of_text})
    held = _held(answer, options) or ()
    return frozenset(held) if held and all(0 <= place < len(reference.choices) for place in held) else None


def is_empty(answer: str) -> bool:
    """Whether a text says nothing at all, as an empty box does, or reasoning that was cut off."""
    if reasoning.OPEN in answer or reasoning.CLOSE in answer:
        answer = reasoning.split(answer).answer
    text, contents, is_cut = marked(answer)
    return not is_cut and not any(letter.isalnum() for letter in text.replace(MARK, "") + "".join(contents))


def _pick(answer: str, options: OptionTexts) -> Picked | None:
    text, contents, is_cut = marked(answer.replace("’", "'"))
    if is_cut:
        return Picked(frozenset(), "box", "its last box is cut off")
    skipped: list[Held] = [None] * (len(contents) - _MAX_MARKED)
    held = skipped + [_held(content, options) for content in contents[-_MAX_MARKED:]]
    if len(text) > _LAST and (last := _stated(read(*_last_of(text, held, _LAST), options, is_whole=False))):
        return last
    return _picked(read(*_ends(text, held), options, is_whole=True), options) or _disproved(contents, options)


def _disproved(contents: list[str], options: OptionTexts) -> Picked | None:
    """A last box that holds a number far from those of all options."""
    return Picked(NO_OPTION, "box") if contents and options.is_another_number(contents[-1]) else None


def _ends(text: str, held: list[Held]) -> tuple[str, list[Held]]:
    """A text's two ends, and the marked answers that stand there."""
    if len(text) <= _HEAD + _TAIL:
        return text, held
    head, (tail, held_last) = text[:_HEAD], _last_of(text, held, _TAIL)
    return f"{head}\n{tail}", held[: head.count(MARK)] + held_last


def _last_of(text: str, held: list[Held], size: int) -> tuple[str, list[Held]]:
    """The last sentences of a text that are no longer than `size`, and the marked answers that stand there."""
    end = _SENTENCE_END.search(text, len(text) - size)
    last = text[end.end() if end else len(text) - size :]
    return last, held[len(held) - last.count(MARK) :]


def _held(content: str, options: OptionTexts) -> Held:
    """The options in a box or a tag: by letters, an option's text or value, or a sentence."""
    content = _ends(content, [])[0]
    row = tokens(clean(content), options)
    kinds = kinds_of(row)
    letters = _CONTENT.match(kinds)
    if letters:
        return tuple(place for token in row[: letters.end()] for place in token.places)
    place = options.place_of(content)
    if place is None:
        place = options.place_of_value(content)
    if place is not None:
        return (place,)
    if re.match("[fi:]{0,3}z", kinds):
        return tuple(NO_OPTION)
    if re.fullmatch("[LBl|,fdo]++", kinds):
        return ()
    picked = _picked(read(content, [], options, is_whole=True), options)
    return None if picked is None or not (picked.places or picked.doubt) else tuple(picked.places)


def _picked(reading: ReadText, options: OptionTexts) -> Picked | None:
    return _stated(reading) or _called_right(reading.found) or _last_sentence(reading, options) or _denied(reading)


def _stated(reading: ReadText) -> Picked | None:
    """What the last statement picks."""
    stated = [statement for statement in reading.found if statement.mood in (Mood.PICKED, Mood.OPEN)]
    return Picked(stated[-1].places, "statement", _doubt(stated[-1], reading.found, reading.row)) if stated else None


def _doubt(last: Claim, found: list[Claim], row: list[Sign]) -> str:
    if last.mood is Mood.OPEN:
        return "it leaves open which option it means"
    if last.is_doubted:
        return "it is in doubt of its answer"
    if any(other.at > last.at and other.mood is Mood.DENIED and other.places & last.places for other in found):
        return "it denies its answer again"
    kinds = kinds_of(row)
    if re.search("(?:^|[.N,?:])(?:t|[sfi]{0,9}(?:w[,.N]|n[,.]))", kinds[last.at :]):
        return "it takes its answer back"
    before = max(kinds.rfind(end, 0, last.at) for end in ".N?")
    return "it is in doubt of its answer" if "u" in kinds[before + 1 :] else ""


def _called_right(found: list[Claim]) -> Picked | None:
    """The options that are called right and not denied behind that, where no others are."""
    called = [
        (statement, statement.places - _denied_from(found, statement.at))
        for statement in found
        if statement.mood is Mood.CALLED_RIGHT
    ]
    kept = {places for _, places in called if places}
    if len(kept) != 1:
        return None
    is_doubted = any(statement.is_doubted for statement, places in called if places)
    return Picked(kept.pop(), "called right", "it is in doubt of its answer" if is_doubted else "")


def _denied_from(found: list[Claim], start: int) -> frozenset[int]:
    denied = [other.places for other in found if other.mood is Mood.DENIED and other.at >= start]
    return frozenset().union(*denied)


def _last_sentence(reading: ReadText, options: OptionTexts) -> Picked | None:
    """The only option whose text the last sentence ends or begins with; it must be complete, but for a short text."""
    start, end = _bounds(reading)
    kinds = kinds_of(reading.row[start : max(end, start)])
    cut = re.search(",?[nk]", kinds[1:])
    for size in (len(kinds), cut.start() + 1) if cut else (len(kinds),):
        words = normal(reading.text[reading.row[start].start : reading.row[start + size - 1].end]) if size else ""
        named = options.named_in(words)
        if len(named) == 1 and _says(words, options.normals[named[0]], options):
            return Picked(frozenset(named), "last sentence")
    return None


def _says(words: str, own: str, options: OptionTexts) -> bool:
    """Whether a sentence states the option's text that it names: what else it says must announce it, and no more."""
    before, _, after = f" {words} ".partition(f" {own} ")
    others = kinds_of(tokens(f"{before}.{after}", options))
    if re.search("[nduzpeth|]", others):
        return False
    if after.strip():
        return not before.strip() and re.search("[ra]", others) is not None
    return re.search("[i:c=]|^[fs]*+.$", others) is not None


def _denied(reading: ReadText) -> Picked | None:
    """The options that the last sentence denies; it must be complete, but for a short text."""
    start, end = _bounds(reading)
    denied = _denied_from(reading.found, start) if end >= 0 else None
    return Picked(frozenset(), "denial", denied=denied) if denied else None


def _bounds(reading: ReadText) -> tuple[int, int]:
    """Where the last sentence begins and its full stop stands; -1 where it has none, and the text is no short one."""
    kinds = kinds_of(reading.row).rstrip("N")
    if len(reading.text) <= _SHORT:
        kinds = kinds.rstrip("N.") + "."
    if not kinds.endswith("."):
        return 0, -1
    return max(kinds.rfind(end, 0, len(kinds) - 1) for end in ".N?") + 1, len(kinds) - 1

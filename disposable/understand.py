"""Free text -> a choice or a value: menu numbers, labels, other words for them, and words that are nearly right.

Sure or not at all: what is understood here is done without another question, so what could be two things is neither.
"""

import datetime as dt
import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from disposable.definition import Field
from disposable.expressions import Names
from disposable.fields import FieldError, Option, clean, digits, parse, plain_words
from disposable.fields import options as offered

LIKELY = 0.75
MARGIN = 0.1

# Input words, in the languages we understand, that mean the same at every step.
_CONTROL = {
    name: frozenset(map(plain_words, words.split()))
    for name, words in {
        "back": "back previous zurück retour رجوع عودة السابق",
        "more": "more mehr weitere المزيد مزيد",
        "skip": "skip überspringen weglassen تخطي",
        "continue": "1 continue ok okay yes weiter ja next متابعة استمرار نعم go",
    }.items()
}
_NOT = frozenset(map(plain_words, "not no dont don never nicht kein keine keinen لا ليس".split()))


@dataclass(frozen=True, slots=True)
class Understood:
    """A value, how it was understood (number, label, like, word, value) and how surely, 0 to 1."""

    value: object
    by: str
    sure: float = 1.0


def control(text: str) -> str:
    """back, more, skip or continue, if that is all the text says; else nothing."""
    said = plain_words(text[:40])
    return next((name for name, words in _CONTROL.items() if said in words), "")


def choose(text: str, options: Sequence[Option]) -> Understood | None:
    """Which option is meant; its value, or None if none or more than one could be."""
    said = plain_words(text[:300])
    if match := re.fullmatch(r"(?:nr |no )?(\d{1,3})", said):
        index = int(match[1])
        return Understood(options[index - 1].value, "number") if 0 < index <= len(options) else _exact(said, options)
    return (_exact(said, options) or _near(said, options)) if said else None


def _exact(said: str, options: Sequence[Option]) -> Understood | None:
    for by, phrases in (("label", _labels), ("like", _likes)):
        found = [option.value for option in options if said in phrases(option)]
        if len(found) == 1:
            return Understood(found[0], by)
    return None


def _labels(option: Option) -> list[str]:
    return [plain_words(option.label), plain_words(option.value)]


def _likes(option: Option) -> list[str]:
    return [plain_words(phrase) for phrase in option.like]


def _near(said: str, options: Sequence[Option]) -> Understood | None:
    if len(said.replace(" ", "")) < 3:
        return None
    scores = [(_score(said, option), index) for index, option in enumerate(options)]
    best, index = max(scores, default=(0.0, 0))
    rest = max((score for score, other in scores if other != index), default=0.0)
    if best < LIKELY or best - rest < MARGIN:
        return None
    # "keep or change": what is left of the text belongs to another option, so it is neither.
    rest_of_it = {word for word in set(said.split()) - _words(options[index]) if len(word) > 3}
    if any(rest_of_it & _words(option) for at, option in enumerate(options) if at != index):
        return None
    return Understood(options[index].value, "word", round(best, 2))


def _words(option: Option) -> set[str]:
    return set(" ".join((plain_words(option.label), *_likes(option))).split())


def _score(said: str, option: Option) -> float:
    return max(_alike(said, phrase) for phrase in (plain_words(option.label), *_likes(option)))


def _alike(said: str, phrase: str) -> float:
    if not phrase:
        return 0.0
    mine, theirs = set(said.split()), set(phrase.split())
    if (mine & _NOT) != (theirs & _NOT):
        return 0.0
    if theirs <= mine:
        return 0.95 if len(phrase) > 2 else 0.0
    if mine <= theirs:
        return 0.8 + 0.15 * len(said) / len(phrase)
    return difflib.SequenceMatcher(None, said[:80], phrase[:80], autojunk=False).ratio()


def value(
    field: Field, text: str, names: Names, locale: str = "en", *, zone: str | None = None, today: dt.date | None = None
) -> Understood | FieldError:
    """What a field is given by a text; a FieldError if it is nothing the field takes."""
    said = clean(text) or ""
    if field.optional and control(said) == "skip":
        return Understood(None, "word")
    if field.kind == "choice":
        options = offered(field, names, locale, zone)
        found = choose(said, options)
        if found is None:
            return FieldError("choice")
        return Understood(next(option.saved for option in options if option.value == found.value), found.by, found.sure)
    if field.kind == "yesno" and digits(said) in ("1", "2"):
        return Understood(digits(said) == "1", "number")
    read = parse(field, said, names, locale, zone=zone, today=today)
    return read if isinstance(read, FieldError) else Understood(read, "value")

"""Free text -> a choice or a value: menu numbers, labels, other words for them, words that are nearly right, days in words.

What is surely meant is taken. What is probably meant has a `sure` below 1 or says `ask`, and is asked before it is taken;
what could be two things is neither.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from disposable import spoken
from disposable.definition import Field
from disposable.expressions import Names, Template
from disposable.fields import FieldError, Option, clean, digits, parse, plain_words
from disposable.fields import options as offered

Guess = Callable[[str], Sequence[tuple[str, float]]]
"""An intent model bound to a step: text -> (value of a choice, probability), the likeliest first."""

POSSIBLE = 0.62
"""Below this, two texts are alike by chance: it is not even worth a question."""
PROBABLE = 0.45
"""The same for an intent model, which shares its certainty out among all choices."""
MARGIN = 0.1
LONGEST = 300
LONGEST_LIST = 1_000
"""Letters of several choices in one sentence."""

# Input words, in the languages we understand, that mean the same at every step.
_CONTROL = {
    name: frozenset(plain_words(word) for word in words.split("|"))
    for name, words in {
        "back": "back|previous|go back|zurück|retour|رجوع|عودة|السابق|ارجع",
        "more": "more|mehr|weitere|المزيد|مزيد",
        "skip": "skip|überspringen|weglassen|تخطي|تخط",
        "help": "help|hilfe|info|aide|مساعدة|ساعدني|؟|?",
        "stop": "stop|unsubscribe|end texts|stopp|abbestellen|توقف|إيقاف|الغاء الاشتراك|arrêt",
        "start": "start|unstop|starten|ابدأ|ابدا",
        "agent": "agent|human|person|operator|representative|real person|speak to someone|talk to someone|talk to a person|"
        "talk to an agent|speak to an agent|mensch|mitarbeiter|berater|jemand sprechen|mit einem menschen sprechen|موظف|"
        "انسان|شخص|وكيل|التحدث مع موظف|اريد التحدث مع موظف",
        "change": "change|ändern|تغيير|تعديل",
        "continue": "1|continue|ok|okay|yes|weiter|ja|next|متابعة|استمرار|نعم|go|send|senden|ارسال",
    }.items()
}
_NOT = frozenset(map(plain_words, "not no dont don never nicht kein keine keinen لا ليس".split()))
_NO = r"(?:no|nope|nein|ne|nee|لا|كلا)"
_RATHER = (
    r"(?:i mean|i meant|make it|make that|better|rather|instead|change it to|change to|lieber|besser|ich meine|"
    r"ich meinte|doch|sondern|ändern auf|بل|اقصد|أقصد|الأفضل)"
)
_CORRECTION = re.compile(
    rf"\s*(?:{_NO}\b[\s,.!،-]*(?:{_RATHER}\b[\s,.!،:-]*)?|{_RATHER}\b[\s,.!،:-]*)(?P<rest>.+)", re.I | re.S
)
_AROUND = frozenset(map(plain_words, "the number option one die der das den nummer nr bitte please رقم".split()))
_COUNTED = {
    plain_words(word): number
    for number, words in enumerate(
        (
            "first|eins|erste|ersten|erstes|erster|واحد|الاول|الأولى",
            "two|second|zwei|zweite|zweiten|zweites|zweiter|اثنان|اثنين|الثاني|الثانية",
            "three|third|drei|dritte|dritten|drittes|dritter|ثلاثة|الثالث|الثالثة",
            "four|fourth|vier|vierte|vierten|viertes|vierter|اربعة|الرابع|الرابعة",
            "five|fifth|fünf|fünfte|fünften|fünftes|fünfter|خمسة|الخامس|الخامسة",
            "six|sixth|sechs|sechste|sechsten|sechstes|sechster|ستة|السادس|السادسة",
            "seven|seventh|sieben|siebte|siebten|siebtes|siebter|سبعة|السابع|السابعة",
            "eight|eighth|acht|achte|achten|achtes|achter|ثمانية|الثامن|الثامنة",
            "nine|ninth|neun|neunte|neunten|neuntes|neunter|تسعة|التاسع|التاسعة",
        ),
        1,
    )
    for word in words.split("|")
}
_LIST = re.compile(r"\s*(?:,|;|&|\+|،|\b(?:and|und|et|y)\b|\sو)\s*", re.I)
_ALL = frozenset(map(plain_words, ("all", "all of them", "everything", "alle", "alles", "الكل", "كلها")))
_NONE = frozenset(map(plain_words, ("none", "nothing", "keine", "keins", "nichts", "لا شيء")))


@dataclass(frozen=True, slots=True)
class Understood:
    """A value, how it was understood (number, label, like, word, model, value, words) and how surely, 0 to 1.

    `ask` says that it is to be confirmed however sure it is; `rest` is what the sentence said besides.
    """

    value: object
    by: str
    sure: float = 1.0
    ask: bool = False
    rest: str = ""


def control(text: str) -> str:
    """back, more, skip, help, stop, start, agent, change or continue, if that is all the text says; else nothing."""
    cleaned = (clean(text[:60]) or "").strip()
    said = plain_words(cleaned) if cleaned not in ("?", "؟") else plain_words("help")
    return next((name for name, words in _CONTROL.items() if said and said in words), "")


def negated(text: str) -> str | None:
    """The rest of a text that takes something back: "no, Friday", "lieber morgen" -> "Friday", "morgen". None for others."""
    match = _CORRECTION.fullmatch(text[:LONGEST])
    return match["rest"].strip() if match else None


def choose(text: str, options: Sequence[Option], guess: Guess | None = None) -> Understood | None:
    """Which option is meant; its value, or None if none or more than one could be."""
    said = plain_words(text[:LONGEST])
    if match := re.fullmatch(r"(?:nr |no |number |nummer |option |رقم )?(\d{1,3})", said):
        index = int(match[1])
        return Understood(options[index - 1].value, "number") if 0 < index <= len(options) else _exact(said, options)
    if not said:
        return None
    return (
        _exact(said, options) or _counted(said, options) or _best(_near(said, options), _modelled(text, options, guess))
    )


def _counted(said: str, options: Sequence[Option]) -> Understood | None:
    """The number of an option in a word: "two", "the second one", "die zweite"."""
    words = [word for word in said.split() if word not in _AROUND]
    index = 1 if said == "one" else _COUNTED.get(words[0], 0) if len(words) == 1 else 0
    if any({said, *words, str(index)} & _words(option) for option in options):
        return None  # "first" may be the class, "nine" the hour
    return Understood(options[index - 1].value, "number") if 0 < index <= len(options) else None


def _exact(said: str, options: Sequence[Option]) -> Understood | None:
    for by, phrases in (("label", _labels), ("like", _likes)):
        found = [option.value for option in options if said in phrases(option)]
        if len(found) == 1:
            return Understood(found[0], by)
    return None


def _best(near: Understood | None, modelled: Understood | None) -> Understood | None:
    if near is None or modelled is None:
        return near or modelled
    if near.value == modelled.value:
        return near if near.sure >= modelled.sure else modelled
    # Letters and the model disagree: the letters are believed only where they are nearly the same.
    return near if near.sure >= 0.9 else modelled if modelled.sure >= near.sure else None


def _modelled(text: str, options: Sequence[Option], guess: Guess | None) -> Understood | None:
    there = {option.value for option in options}
    ranked = [(value, sure) for value, sure in (guess(text[:LONGEST]) if guess else ()) if value in there]
    if not ranked or ranked[0][1] < PROBABLE:
        return None
    return Understood(ranked[0][0], "model", round(min(ranked[0][1], 0.99), 2))


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
    if best < POSSIBLE or best - rest < MARGIN:
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
    # Sorted by words, because "flight change" is "change flight"; never better than nearly sure.
    return min(0.94, max(fuzz.ratio(said, phrase), fuzz.token_sort_ratio(said, phrase)) / 100)


def value(
    field: Field,
    text: str,
    names: Names,
    locale: str = "en",
    *,
    zone: str | None = None,
    today: dt.date | None = None,
    options: Sequence[Option] | None = None,
    guess: Guess | None = None,
) -> Understood | FieldError:
    """What a field is given by a text; a FieldError if it is nothing the field takes.

    `options` are what a choice or a slot offers now; left out, those the field itself knows.
    """
    said = clean(text) or ""
    if field.optional and control(said) == "skip":
        return Understood(None, "word")
    choosing = field.kind in ("choice", "choices", "slot")
    there = (offered(field, names, locale, zone) if options is None else options) if choosing else ()
    where = _Where(field, names, locale, zone, today)
    if field.kind == "slot":
        return _slot(said, there, where) or FieldError("choice")
    if field.kind == "choice":
        found = choose(said, there, guess)
        return _saved(found, there) if found else FieldError("choice")
    if field.kind == "choices":
        return _several(said, there, where)
    if field.kind == "yesno" and digits(said) in ("1", "2"):
        return Understood(digits(said) == "1", "number")
    if field.kind == "consent" and (by := _agreed(said, where)):
        return Understood({"agreed": True}, by)
    if field.kind == "time" and "clock" in said.casefold() and (hour := _worded(said, where)):
        return hour  # "4 o'clock" says no half of the day
    read = parse(field, said, names, locale, zone=zone, today=today)
    if isinstance(read, FieldError) and read.code in ("small", "large"):
        return read  # a number it was, whatever else could be read into its figures
    if not isinstance(read, FieldError):
        # "tomorrow" is clear to whoever said it, and still worth a look at what it was taken for.
        in_words = field.kind in ("date", "time") and not any(sign.isdigit() for sign in said)
        return Understood(read, "words" if in_words else "value", ask=in_words)
    return _worded(said, where) or _asked_hour(said, where) or read


def _asked_hour(said: str, where: "_Where") -> Understood | None:
    """An hour alone is a time where one was asked for, and nowhere else."""
    heard = spoken.hour(said, where.locale) if where.field.kind == "time" else None
    return _bounded(heard, where) if heard else None


def _agreed(said: str, where: "_Where") -> str:
    """How the one thing to pick below some terms was picked: by its number or its label."""
    if digits(said) == "1":
        return "number"
    label = Template.parse(where.field.label).render(where.names, where.locale, where.zone)
    return "label" if label and plain_words(said) == plain_words(label) else ""


@dataclass(frozen=True, slots=True)
class _Where:
    field: Field
    names: Names
    locale: str
    zone: str | None
    today: dt.date | None


def _saved(found: Understood, options: Sequence[Option]) -> Understood:
    saved = next(option.saved for option in options if option.value == found.value)
    return Understood(saved, found.by, found.sure, found.ask, found.rest)


def _several(said: str, options: Sequence[Option], where: _Where) -> Understood | FieldError:
    """Several choices in one sentence: "1, 3 and the last one"; each has to be understood, or none is."""
    plain = plain_words(said)
    if plain in _ALL:
        return _checked([option.value for option in options], 1.0, where)
    if plain in _NONE:
        return _checked([], 1.0, where)
    said = " ".join(said[:LONGEST_LIST].split())
    parts = [part for part in _LIST.split(said) if plain_words(part)]
    if len(parts) == 1 and re.fullmatch(r"[\d\s]+", digits(said)):
        parts = said.split()
    found = [choose(part, options) for part in parts[:50]]
    if not found or any(one is None for one in found):
        return FieldError("choice")
    sure = [one for one in found if one is not None]
    return _checked(list(dict.fromkeys(str(one.value) for one in sure)), min(one.sure for one in sure), where)


def _checked(values: list[str], sure: float, where: _Where) -> Understood | FieldError:
    read = parse(where.field, values, where.names, where.locale, zone=where.zone, today=where.today)
    return read if isinstance(read, FieldError) else Understood(read, "number" if sure == 1.0 else "word", sure)


def _slot(said: str, options: Sequence[Option], where: _Where) -> Understood | None:
    """A slot by its number or label, or by the day and hour said, where only one fits."""
    found = choose(said, options)
    if found is not None and found.by != "word":
        return _saved(found, options)
    day, hour = spoken.date(said, where.locale, where.today), spoken.time(said, where.locale)
    fitting = [option for option in options if _fits(option.saved, day and day.value, hour and hour.value)]
    if (day or hour) and len(fitting) == 1:
        return Understood(fitting[0].saved, "words", 0.9, ask=True)
    return _saved(found, options) if found else None


def _fits(slot: object, day: object, hour: object) -> bool:
    starts = str(slot.get("starts", "")) if isinstance(slot, Mapping) else ""
    return (not day or starts[:10] == day) and (not hour or starts[11:16] == hour)


def _worded(said: str, where: _Where) -> Understood | None:
    """A day, a time or a number somewhere in a sentence, as far as the field takes it."""
    find = _FINDERS.get(where.field.kind)
    heard = find(said, where) if find else None
    return _bounded(heard, where) if heard else None


def _bounded(heard: spoken.Heard, where: _Where) -> Understood | None:
    """The bounds of a field hold for what is said in words, too, and choose the half of the day where none was said."""
    given = str(heard.value) if heard.half else _either_half(str(heard.value), where)
    read = parse(where.field, given, where.names, where.locale, zone=where.zone, today=where.today)
    return None if isinstance(read, FieldError) else Understood(read, "words", 0.9, ask=True, rest=heard.rest)


def _either_half(at: str, where: _Where) -> str:
    """HH:MM as it stands if the field takes it, else twelve hours from there."""
    read = parse(where.field, at, where.names, where.locale, zone=where.zone, today=where.today)
    return at if not isinstance(read, FieldError) else f"{(int(at[:2]) + 12) % 24:02}{at[2:]}"


def ahead(
    field: Field,
    sentence: str,
    names: Names,
    locale: str = "en",
    *,
    zone: str | None = None,
    today: dt.date | None = None,
    options: Sequence[Option] | None = None,
) -> Understood | None:
    """What a sentence said earlier gives to this field: only what it names itself, a day, a time, a label."""
    where = _Where(field, names, locale, zone, today)
    if field.kind in ("choice", "slot"):
        there = offered(field, names, locale, zone) if options is None else options
        if field.kind == "slot":
            return _slot(sentence, there, where) if not sentence.strip().isdecimal() else None
        said = f" {plain_words(sentence[:LONGEST])} "
        named = [
            o for o in there if any(f" {phrase} " in said for phrase in (_labels(o)[0], *_likes(o)) if len(phrase) > 2)
        ]
        return Understood(named[0].saved, "words", 0.9, ask=True) if len(named) == 1 else None
    return _worded(sentence, where) if field.kind in ("date", "time", "money", "number") else None


_FINDERS: Mapping[str, Callable[[str, _Where], spoken.Heard | None]] = {
    "date": lambda said, where: spoken.date(said, where.locale, where.today),
    "time": lambda said, where: spoken.time(said, where.locale),
    "number": lambda said, where: spoken.number(said, where.locale, where.today),
    "money": lambda said, where: spoken.number(said, where.locale, where.today),
    "scale": lambda said, where: spoken.number(said, where.locale),
}

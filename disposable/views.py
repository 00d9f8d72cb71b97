"""The channel-neutral view of a run: all that a renderer draws, as plain data with every text rendered."""

from dataclasses import dataclass

from disposable.field_views import FieldView
from disposable.keepsakes import CalendarView, PassView
from disposable.rows import Row
from disposable.shown import Shown


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """A way on; `value` is what is posted as `choice`."""

    value: str
    label: str
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Screen:
    """What to show. kind: step verify waiting working handed end locked. `tier` is what the step asks for, `verify` how it
    can be reached ("fact": the field is there, "code": only a texted code), `back` the step before, `note` why one is here.

    `rows` are what was answered, at a review and in the receipt of an end; `visit` is (label, url) of a page to leave for,
    {back} in the url being the address to come back to; `confirm` says that the choices are the yes and no to a guess.
    """

    kind: str
    step: str
    title: str
    say: str = ""
    ask: str = ""
    fields: tuple[FieldView, ...] = ()
    choices: tuple[ChoiceView, ...] = ()
    errors: tuple[tuple[str, str], ...] = ()
    back: str | None = None
    tier: int = 1
    page: int = 0
    verify: str = ""
    note: str = ""
    shown: tuple[Shown, ...] = ()
    rows: tuple[Row, ...] = ()
    visit: tuple[str, str] | None = None
    calendar: CalendarView | None = None
    pass_: PassView | None = None
    confirm: bool = False

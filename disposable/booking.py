"""Slots: what was chosen is booked before a run ends or calls, all of it or nothing."""

from collections.abc import Iterator, Mapping

from disposable.deciding import Decision
from disposable.definition import Field
from disposable.expressions import lookup


def settle(run: Decision) -> bool:
    """Books what was chosen and gives back what no longer is. False if a slot was taken: the run is back at its step."""
    chosen = list(_chosen(run))
    for name, field, slot in chosen:
        if slot not in _free(run, field):
            run.happen("run.entered", step=name, why="taken", field=field.save or name)
            return False
    for name, field, slot in chosen:
        before = run.state.bookings.get(name) or _instead(run, field)
        run.happen("run.booked", step=name, slot=slot, calendar=field.calendar or "", instead=before)
    for name, slot in run.state.bookings.items():
        answer = run.state.answers.get(name)
        if answer is None or not _id(answer.value):
            run.happen("run.booked", step=name, slot="", calendar="", instead=slot)
    return True


def _chosen(run: Decision) -> Iterator[tuple[str, Field, str]]:
    """The answers on the open path that are slots of our calendars and not booked yet."""
    for name in run.state.open:
        field, answer = run.flow.steps[name].field, run.state.answers.get(name)
        if answer is None or field is None or field.kind != "slot" or field.from_ is not None:
            continue
        slot = _id(answer.value)
        if slot and run.state.bookings.get(name) != slot:
            yield name, field, slot


def _free(run: Decision, field: Field) -> set[str]:
    return {_id(slot) for slot in run.setting.slots.get(field.calendar or "", ())}


def _instead(run: Decision, field: Field) -> str:
    return _id(lookup(tuple(field.instead.split(".")), run.names())) if field.instead else ""


def _id(slot: object) -> str:
    found = slot.get("id") if isinstance(slot, Mapping) else slot
    return found if isinstance(found, str) else ""

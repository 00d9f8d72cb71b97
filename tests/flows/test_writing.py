"""A flow written as YAML again reads back as the same flow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from disposable import loading, writing

WITH_TRANSLATION = """\
app: tea
purpose: "Yes: {{ tea }}"
expires: 90m
start: which
steps:
  which: {ask: "no", field: {kind: choice, options: {yes: "on", no: "off"}, save: tea}, next: news}
  news: {say: "We ask.", wait: {for: custom.made, within: 36h, otherwise: done}, next: done}
  done: {end: "1_000: # thanks"}
"""
FLOW = WITH_TRANSLATION.replace("{{ tea }}", "tea")


def test_it_reads_back_with_its_translations_and_odd_words() -> None:
    flow = loading.load(FLOW, translations={"de": 'steps:\n  done: {end: "Danke: # ja"}\n'})
    text, translations = writing.yaml_of(flow), writing.translations_of(flow)
    assert loading.load(text, translations=translations).hash == flow.hash
    assert "expires: 90m" in text
    assert "within: 36h" in text
    assert "&" not in text


# Flows that run others stand there with the steps these gave them, which only a flow of its own can have.
WHOLE = sorted(name for name, text in loading.gallery().items() if "subflow:" not in text)


@pytest.mark.parametrize("name", WHOLE)
def test_shipped_flows_read_back(name: str) -> None:
    flow = loading.load(loading.gallery()[name])
    assert loading.load(writing.yaml_of(flow)).hash == flow.hash


@given(st.integers(1, 30 * 86_400))
def test_a_duration_is_written_as_flows_write_it(seconds: int) -> None:
    written = writing.duration(seconds)
    size = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}[written[-1]]
    assert int(written[:-1]) * size == seconds

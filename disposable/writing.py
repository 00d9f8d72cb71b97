"""A flow as the text of a file: for one whose own text is not there any more. It reads back as the same flow, without its
comments; one that runs others stands there whole, with the steps they gave it, and so is to be looked over.
"""

from typing import Any

import yaml

from disposable.definition import Flow


def yaml_of(flow: Flow) -> str:
    """The YAML of a flow."""
    plain = flow.plain()
    plain["expires"] = duration(flow.expires)
    for step in plain.get("steps", {}).values():
        within = step.get("wait", {}).get("within")
        if within:
            step["wait"]["within"] = duration(within)
    return _written(plain)


def translations_of(flow: Flow) -> dict[str, str]:
    """Language -> the YAML of a translation."""
    return {language: _written(tree) for language, tree in flow.translations.items() if tree}


def duration(seconds: int) -> str:
    """As flows write it: 7d, 36h, 90m, 45s; the largest unit that has no rest."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _written(plain: Any) -> str:
    text: str = yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


class _Dumper(yaml.SafeDumper):
    """Writes everything out: flows have no anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- PyYAML's signature
        return True

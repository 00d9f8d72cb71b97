"""A Screen as HTML, by whatever Jinja environment the server hands in: it owns the templates and the look."""

from jinja2 import Environment

from disposable.screen import Screen


def page(env: Environment, template_name: str, screen: Screen, **extra: object) -> str:
    """The page of a screen; the template sees it as `screen`, and what is given besides."""
    return env.get_template(template_name).render(screen=screen, **extra)

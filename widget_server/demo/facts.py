"""Who plays in the demo, and the secrets between them.

Everything secret is derived from the folder's own master key, so a second start, the server's workers and the airline
agree without keeping another copy anywhere.
"""

import base64
import re
from dataclasses import dataclass, field

from widget_server.settings import Settings

ZONE = "Europe/Berlin"
SITE_NAME = "Meridian Air"
FLOW = "flight-delay"
CALL = "rebook"
TEAMS = ("upgrades", "rebooking", "care")
_ODD = re.compile(rb"[^0-9A-Za-z]")


@dataclass(frozen=True)
class Agent:
    """Somebody who may sign in at the desk; the password is printed, for the demo belongs to whoever started it."""

    name: str
    email: str
    password: str = field(repr=False)
    role: str
    teams: tuple[str, ...]


@dataclass(frozen=True)
class Passenger:
    """Whose flight it is."""

    first_name: str = "Mara"
    last_name: str = "Lindqvist"
    phone: str = "+491713920042"
    user_id: str = "mara-1042"
    locale: str = "en"
    zone: str = ZONE

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class DemoFacts:
    """The demo's site, its keys and its people."""

    site_key: str
    site_secret: bytes = field(repr=False)
    api_key: str = field(repr=False)
    call_secret: bytes = field(repr=False)
    agents: tuple[Agent, ...]
    base_url: str
    app_url: str
    passenger: Passenger = Passenger()
    site_name: str = SITE_NAME

    @property
    def call_secret_text(self) -> str:
        """The call's secret as Standard Webhooks writes it."""
        return "whsec_" + base64.b64encode(self.call_secret).decode()

    @property
    def urls(self) -> dict[str, str]:
        """Where to go."""
        return {
            "demo": f"{self.base_url}/demo",
            "phone": f"{self.base_url}/demo/phone",
            "app": f"{self.app_url}/demo/app",
            "desk": f"{self.base_url}/desk",
            "docs": f"{self.base_url}/docs",
            "api": f"{self.base_url}/v1",
        }


def facts(settings: Settings) -> DemoFacts:
    """The demo's facts for one data folder and port."""
    all_teams, one_team = TEAMS, ("care",)
    return DemoFacts(
        site_key="st_" + _word(settings, "demo.site key", 16),
        site_secret=_secret(settings, "demo.site secret"),
        api_key="sk_" + _word(settings, "demo.api key", 32),
        call_secret=_secret(settings, "demo.call secret"),
        agents=(
            Agent("Ada Okafor", "ada@meridian.example", _password(settings, "ada"), "admin", all_teams),
            Agent("Ben Sorensen", "ben@meridian.example", _password(settings, "ben"), "agent", one_team),
        ),
        base_url=settings.base_url,
        app_url=settings.base_url.replace("//127.0.0.1", "//localhost"),
    )


def _secret(settings: Settings, purpose: str) -> bytes:
    return settings.derive(purpose)[-1][1]


def _word(settings: Settings, purpose: str, length: int) -> str:
    """Letters and digits; the oldest key is used, so that adding one changes nothing here."""
    raw = b"".join(base64.b64encode(_secret(settings, f"{purpose} {part}")) for part in range(3))
    return _ODD.sub(b"", raw)[:length].decode()


def _password(settings: Settings, name: str) -> str:
    return f"{name}-{_word(settings, f'demo.password {name}', 10).lower()}"

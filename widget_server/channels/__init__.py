"""The channels this server has. `build` is the registry: made once, by the composition root, from the settings."""

from widget_server.channels.console import Console
from widget_server.channels.contract import Channel
from widget_server.channels.sms import Account, Sms
from widget_server.settings import Settings


def build(settings: Settings) -> dict[str, Channel]:
    """Channels by the name that deliveries and hooks call them. Without a provider, texts are printed."""
    if settings.sms_channel != "twilio":
        return {"sms": Console(sender=settings.twilio_from or "console")}
    account = Account(
        sid=settings.twilio_account_sid,
        token=settings.twilio_auth_token,
        sender=settings.twilio_from,
        base=settings.twilio_api_base,
    )
    return {"sms": Sms(account)}

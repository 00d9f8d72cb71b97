"""The words static/js/chat.js draws with: the same in a disposable app's page and in the widget's panel."""

from widget_server.words import Words

_CHAT_WORDS = (
    "chat.connecting",
    "chat.delivered",
    "chat.ended",
    "chat.failed",
    "chat.joined",
    "chat.link",
    "chat.offline",
    "chat.promise",
    "chat.promise_cancelled",
    "chat.promise_done",
    "chat.promise_missed",
    "chat.queued",
    "chat.read",
    "chat.retry",
    "chat.sending",
    "chat.sent",
    "chat.today",
    "chat.typing",
    "chat.with",
    "chat.yesterday",
    "chat.you",
    "link.away",
    "step.no",
    "step.yes",
)


def chat_words(words: Words, locale: str) -> dict[str, str]:
    """They, in a language, placeholders left in."""
    every = words.under("", locale)
    return {key: every[key] for key in _CHAT_WORDS}

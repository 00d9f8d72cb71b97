"""Settings: what an operator writes, what it becomes, and how mistakes are told."""

import base64
import stat
from pathlib import Path

import pytest

from widget_server.settings import MasterKey, Settings, SettingsError, ShortHost, new_key

KEY = "0:" + base64.urlsafe_b64encode(bytes(range(32))).decode().rstrip("=")
NEEDED = {"SAMETHREAD_KEYS": KEY, "SAMETHREAD_BASE_URL": "https://chat.example.com"}


def mistakes(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as raised:
        Settings.load(environ)
    return raised.value.mistakes


def test_two_are_enough() -> None:
    settings = Settings.load(NEEDED)
    assert settings.keys == (MasterKey(0, bytes(range(32))),)
    assert settings.host == "chat.example.com"
    assert settings.database == "sqlite:///data/samethread.db"
    assert not settings.demo


def test_nothing_set_names_everything_that_is_missing_and_how_to_make_it() -> None:
    keys, base = mistakes({})
    assert keys.startswith("SAMETHREAD_KEYS")
    assert "samethread keys new" in keys
    assert base.startswith("SAMETHREAD_BASE_URL")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SAMETHREAD_KEYS", "abc", "id:secret"),
        ("SAMETHREAD_KEYS", "7:" + KEY[2:], "0 to 6"),
        ("SAMETHREAD_KEYS", "0:c2hvcnQ", "32 bytes"),
        ("SAMETHREAD_KEYS", f"{KEY},{KEY}", "twice"),
        ("SAMETHREAD_BASE_URL", "chat.example.com", "https://chat.example.com"),
        ("SAMETHREAD_BASE_URL", "https://chat.example.com/app", "write https://chat.example.com"),
        ("SAMETHREAD_BASE_URL", "https://chat.example.com:port", "is not a URL"),
        ("SAMETHREAD_SHORT_HOSTS", "https://go.example.com", "not a host name"),
        ("SAMETHREAD_SHORT_HOSTS", "go.example.com,go.example.com=st_1", "twice"),
        ("SAMETHREAD_TRUSTED_PROXIES", "many", "how many"),
        ("SAMETHREAD_SMS_CHANNEL", "pigeon", "console, twilio"),
        ("SAMETHREAD_TWILIO_FROM", "0123", "+12025550123"),
        ("SAMETHREAD_LOG_LEVEL", "LOUD", "DEBUG, INFO"),
        ("DATABASE_URL", "mysql://x", "postgresql://"),
        ("REDIS_URL", "http://x", "redis://"),
    ],
)
def test_a_mistake_says_what_to_write_instead(name: str, value: str, said: str) -> None:
    (mistake,) = mistakes({**NEEDED, name: value})
    assert mistake.startswith(f"{name}:")
    assert said in mistake


def test_a_secret_is_never_said() -> None:
    secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ"
    settings = Settings.load({**NEEDED, "DATABASE_URL": f"postgresql://u:{secret}@h/d"})
    assert secret not in repr(settings)
    assert KEY[2:] not in repr(settings)
    assert secret not in mistakes({**NEEDED, "SAMETHREAD_KEYS": f"0:{secret}"})[0]


def test_all_mistakes_are_told_at_once() -> None:
    told = mistakes({"SAMETHREAD_SMS_CHANNEL": "twilio", "SAMETHREAD_TWILIO_FROM": "x", "SAMETHREAD_LOG_LEVEL": "x"})
    assert {mistake.partition(":")[0] for mistake in told} == {
        "SAMETHREAD_KEYS",
        "SAMETHREAD_BASE_URL",
        "SAMETHREAD_TWILIO_FROM",
        "SAMETHREAD_TWILIO_ACCOUNT_SID",
        "SAMETHREAD_TWILIO_AUTH_TOKEN",
        "SAMETHREAD_LOG_LEVEL",
    }


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(KEY + "\n", encoding="utf-8")
    settings = Settings.load({"SAMETHREAD_KEYS_FILE": str(path), "SAMETHREAD_BASE_URL": "https://x.example"})
    assert settings.keys[0].secret == bytes(range(32))


def test_a_file_that_is_missing_or_doubles_the_variable_is_a_mistake(tmp_path: Path) -> None:
    (unread,) = mistakes({"SAMETHREAD_KEYS_FILE": str(tmp_path / "none"), "SAMETHREAD_BASE_URL": "https://x.example"})
    assert "cannot be read" in unread
    (double,) = mistakes({**NEEDED, "SAMETHREAD_KEYS_FILE": str(tmp_path / "none")})
    assert "twice" in double


def test_short_hosts_belong_to_a_site_or_to_all() -> None:
    settings = Settings.load({**NEEDED, "SAMETHREAD_SHORT_HOSTS": "go.example.com, m.example.com=st_abc"})
    assert settings.short_hosts == (ShortHost("go.example.com"), ShortHost("m.example.com", "st_abc"))


def test_each_purpose_has_keys_of_its_own_and_the_newest_comes_first() -> None:
    settings = Settings.load({**NEEDED, "SAMETHREAD_KEYS": f"{new_key(1)},{KEY}"})
    links, seals = settings.derive("link"), settings.derive("seal")
    assert [key_id for key_id, _ in links] == [1, 0]
    assert len({secret for _, secret in links + seals}) == 4
    assert links == settings.derive("link")


def test_a_new_key_is_a_value_for_the_setting() -> None:
    settings = Settings.load({**NEEDED, "SAMETHREAD_KEYS": new_key(3)})
    assert settings.keys[0].id == 3
    assert new_key() != new_key()


def test_a_demo_makes_its_keys_once_and_keeps_them_to_itself(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    first = Settings.for_demo(folder, 8080, environ={})
    again = Settings.for_demo(folder, 8080, environ={})
    assert first == again
    assert first.demo
    assert first.base_url == "http://127.0.0.1:8080"
    assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600


def test_a_demo_texts_by_the_handset_when_told_where_it_is(tmp_path: Path) -> None:
    settings = Settings.for_demo(tmp_path, 8080, twilio_api_base="http://127.0.0.1:9000", environ={})
    assert settings.sms_channel == "twilio"
    assert settings.twilio_auth_token
    assert Settings.for_demo(tmp_path, 8080, environ={}).sms_channel == "console"


def test_a_demo_ignores_what_was_set_for_production(tmp_path: Path) -> None:
    settings = Settings.for_demo(tmp_path, 8080, environ={**NEEDED, "DATABASE_URL": "postgresql://h/d"})
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.database == "postgresql://h/d"

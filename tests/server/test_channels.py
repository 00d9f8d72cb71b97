"""What every channel promises; console and sms keep it, and each later channel inherits this class."""

import contextlib
import io
from collections.abc import Mapping

import pytest

from tests.support.fakes_channels import SID, TOKEN, Wire, answered
from widget_server.channels.console import Console
from widget_server.channels.contract import (
    Channel,
    DeliveryFailed,
    ForgedHook,
    Hook,
    HttpAnswer,
    Outgoing,
    UnreadableHook,
)
from widget_server.channels.plain import clean
from widget_server.channels.sms import Account, Sms


class ChannelContract:
    """Inherit, and say how to make the channel and what its provider answers when it takes a message."""

    taken: HttpAnswer = answered(200)

    def channel(self) -> Channel:
        raise AssertionError("say which channel")

    def send(self, text: str, to: str = "+12025550143") -> tuple[str, Wire]:
        wire = Wire(self.taken)
        outgoing = Outgoing("d1", to, "", text, "https://example.com/hooks/x?delivery=d1")
        return self.channel().send(outgoing, wire).provider_id, wire

    def test_a_message_sent_has_the_providers_id(self) -> None:
        provider_id, _ = self.send("Hello")
        assert provider_id

    def test_control_characters_never_leave(self) -> None:
        _, wire = self.send("Be\x00ll\x07\x1b[31m\u202e end")
        for call in wire.calls:
            assert not any(code in call.body for code in (b"%00", b"%07", b"%1B", b"\x00"))

    def test_an_empty_text_is_refused_for_good(self) -> None:
        with pytest.raises(DeliveryFailed) as refused:
            self.send("\x00\x07 \n")
        assert refused.value.permanent
        assert not refused.value.unknown

    def test_a_hook_nobody_signed_is_forged(self) -> None:
        with pytest.raises(ForgedHook):
            self.channel().verify(Hook("https://example.com/hooks/x", {}, b"From=1&Body=hi", 0))

    @pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"&&&==", b"a=" + b"1" * 100_000, b"{}", b"a=1&" * 5000])
    def test_rubbish_is_forged_or_unreadable_and_nothing_else(self, body: bytes) -> None:
        hook = Hook("https://example.com/hooks/x", {"x-twilio-signature": "ä"}, body, 0)
        with pytest.raises(ForgedHook):
            self.channel().verify(hook)
        with contextlib.suppress(UnreadableHook):
            assert self.channel().parse(hook) is None

    def test_it_says_what_it_can_do(self) -> None:
        channel = self.channel()
        assert channel.name
        assert channel.sender
        assert channel.capabilities.max_length > 0
        assert channel.segments("") >= 0


class TestConsole(ChannelContract):
    def channel(self) -> Channel:
        return Console(out=io.StringIO())

    def test_it_prints_and_keeps(self) -> None:
        out = io.StringIO()
        console = Console(out=out)
        console.send(Outgoing("d7", "+12025550143", "desk", "Hello\x00 there"), Wire())
        assert out.getvalue() == "desk -> +12025550143: Hello there\n"
        assert [outgoing.delivery for outgoing in console.sent] == ["d7"]


class TestSms(ChannelContract):
    taken = answered(201, {"sid": "SM1", "num_segments": "1"})

    def channel(self) -> Channel:
        return Sms(Account(SID, TOKEN, "+12025550100"))


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    {
        "a\r\nb\rc": "a\nb\nc",
        "tab\there": "tab here",
        "ok\x00\x01\x7f\x9b": "ok",
        "family \U0001f469\u200d\U0001f467 stays": "family \U0001f469\u200d\U0001f467 stays",
        "lone \ud83d surrogate": "lone  surrogate",
        "\u202egpj.exe": "gpj.exe",
        "مرحبا\u200f!": "مرحبا\u200f!",
        "a\n\n\n\n\n\n\nb": "a\n\n\nb",
        "<b>stays text</b>": "<b>stays text</b>",
    }.items(),
)
def test_clean(raw: str, cleaned: str) -> None:
    assert clean(raw) == cleaned


def test_a_channel_is_chosen_by_mapping_name() -> None:
    channels: Mapping[str, Channel] = {channel.name: channel for channel in (Console(), TestSms().channel())}
    assert set(channels) == {"console", "sms"}

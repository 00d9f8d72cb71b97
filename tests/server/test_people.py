"""Who is who: what makes two customers one, what only suggests it, what takes it back, and who follows whom past a sign-in."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.support.both import BOTH, house_on
from tests.support.worlds import CONTEXT, PHONE, House
from widget_server.actions import access, callbacks, desk, links, people, runs, sessions, ticks, widget
from widget_server.actions.errors import NotFound, Refused
from widget_server.store import customers
from widget_server.store.customers import Address
from widget_server.words import Words

OTHER = "+12025550199"


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
    yield from house_on("sqlite", request, tmp_path, words)


def known(house: House, *addresses: Address) -> str:
    with house.world.store.write() as tx:
        return customers.resolve(tx, house.site, addresses)


def phone(value: str = PHONE, evidence: str = "company", proven: bool = True) -> Address:
    return Address("phone", value, evidence, proven)


def user(name: str) -> Address:
    return Address("user_id", name, "company")


def root(house: House, customer: str) -> str:
    with house.world.store.read() as tx:
        return customers.root(tx, customer)


def suggested(house: House, customer: str) -> set[frozenset[str]]:
    with house.world.store.read() as tx:
        return {frozenset((row.customer, row.other)) for row in customers.suggestions(tx, customer)}


def evidence(house: House, customer: str) -> dict[str, tuple[str, bool]]:
    with house.world.store.read() as tx:
        return {value: (row.evidence, row.proven_at is not None) for row, value in customers.addresses(tx, customer)}


def token(house: House, sub: str, **claims: Any) -> str:
    now = house.clock() // 1000
    given = {"aud": house.site.key, "sub": sub, "iat": now, "exp": now + 600, "jti": f"j{house.clock()}"} | claims
    return str(jwt.encode({"alg": "HS256"}, given, OctKey.import_key(b"s" * 32)))


def sign_in(house: House, sub: str, visitor: str | None = None, **claims: Any) -> tuple[access.Grant, str]:
    return widget.sign_in(house.world, house.site.key, token(house, sub, **claims), visitor)


class TestMerging:
    @pytest.fixture(params=BOTH)
    def house(self, request: pytest.FixtureRequest, tmp_path: Path, words: Words) -> Iterator[House]:
        yield from house_on(request.param, request, tmp_path, words)

    def test_proven_on_both_sides_makes_one(self, house: House) -> None:
        by_phone, by_user = known(house, phone()), known(house, user("mara"))
        assert by_phone != by_user
        both = known(house, user("mara"), phone())
        assert root(house, by_phone) == root(house, by_user) == both

    def test_what_conflicts_is_a_suggestion(self, house: House) -> None:
        mara, ben = known(house, user("mara"), phone()), known(house, user("ben"), phone())
        assert root(house, mara) != root(house, ben)
        assert suggested(house, mara) == {frozenset((mara, ben))}

    def test_a_typed_address_is_a_suggestion_only(self, house: House) -> None:
        mara = known(house, user("mara"), phone())
        ben = known(house, user("ben"), phone(evidence="typed", proven=False))
        assert root(house, ben) == ben != mara
        assert suggested(house, ben) == {frozenset((mara, ben))}

    def test_a_claim_alone_finds_nobody(self, house: House) -> None:
        mara = known(house, phone())
        assert known(house, phone(evidence="typed", proven=False)) != mara

    def test_what_only_one_side_proved_is_not_enough(self, house: House) -> None:
        typed = known(house, user("ben"), phone(evidence="typed", proven=False))
        assert known(house, phone()) != typed

    def test_a_merge_rewrites_no_log_and_can_be_taken_back(self, house: House) -> None:
        first = house.notify(to={"phone": PHONE})["session"]
        second = str(sessions.begin(house.world, house.key, {"user_id": "mara"}, {}, None)["id"])
        before = [house.events(one) for one in (first, second)]
        one = known(house, user("mara"), phone())
        assert {sessions.get(house.world, house.key, each)["customer"] for each in (first, second)} == {one}
        assert [[{**event, "actor": None} for event in house.events(each)] for each in (first, second)] == [
            [{**event, "actor": None} for event in events] for events in before
        ]
        with house.world.store.write() as tx:
            for each in customers.cluster(tx, one):
                customers.unmerge(tx, each)
        apart = {sessions.get(house.world, house.key, each)["customer"] for each in (first, second)}
        assert len(apart) == 2

    def test_spellings_of_a_number_are_one_person(self, house: House) -> None:
        one = house.notify(to={"phone": PHONE})["customer"]
        assert house.notify(to={"phone": "+1 (202) 555-0142"})["customer"] == one


class TestEvidence:
    def test_a_gesture_on_the_link_sent_there_proves_the_phone(self, house: House) -> None:
        sent = house.notify(to={"user_id": "mara"}, channels=["widget"])
        assert evidence(house, sent["customer"]) == {"mara": ("company", True)}
        text = house.text("hello", OTHER)
        mine = sessions.get(house.world, house.key, text.session)["customer"]
        assert evidence(house, mine) == {OTHER: ("sender", False)}
        with house.world.store.write() as tx:
            customers.learn(tx, mine, house.site, phone(OTHER, "link"))
        assert evidence(house, mine)[OTHER] == ("link", True)

    def test_a_verified_claim_is_proof_and_an_unverified_one_is_not(self, house: House) -> None:
        mara, _ = sign_in(house, "mara", phone=PHONE, phone_verified=True, email="M@x.example")
        found = evidence(house, mara.customer)
        assert found[PHONE] == ("token", True)
        assert found["m@x.example"] == ("token", False)

    @pytest.mark.parametrize("verified", [None, False, "true", 1])
    def test_an_unverified_phone_in_a_token_opens_nobody_elses_sessions(self, house: House, verified: Any) -> None:
        sent = house.notify(to={"phone": PHONE})
        thief, _ = sign_in(house, "thief", phone=PHONE, phone_verified=verified)
        assert widget.me(house.world, thief)["sessions"] == []
        with pytest.raises(NotFound):
            access.page(house.world, thief, sent["session"])

    def test_a_typed_number_does_not_bring_its_holders_texts(self, house: House) -> None:
        visitor, _ = widget.visitor(house.world, house.site.key, "1.2.3.4")
        session = str(widget.start(house.world, visitor, "s")["id"])
        callbacks.request(house.world, visitor, session, house.clock() + 60_000, OTHER, "", "cb")
        assert house.text("this is private", OTHER).session != session
        assert suggested(house, visitor.customer)

    def test_who_wrote_from_a_number_before_is_known_again(self, house: House) -> None:
        first = house.text("hello", OTHER)
        desk.close(house.world, house.ada, first.session, "answered", 1, "c")
        again = house.text("hello again", OTHER)
        assert sessions.get(house.world, house.key, again.session)["previous"] == first.session

    def test_a_wrong_number_proves_nobody_any_more(self, house: House) -> None:
        sent = house.notify(to={"phone": PHONE})
        links.disown(house.world, house.world.settings.host, sent["link"]["code"])
        assert not any(proven for _, proven in evidence(house, sent["customer"]).values())

    def test_whoever_is_there_instead_is_somebody_else(self, house: House) -> None:
        sent = house.notify(to={"phone": PHONE})
        house.pay()
        links.disown(house.world, house.world.settings.host, sent["link"]["code"])
        first = house.text("who are you?")
        assert first.session != sent["session"]
        assert sessions.get(house.world, house.key, first.session)["customer"] != sent["customer"]
        assert house.text("hello?").session == first.session
        epoch = sessions.get(house.world, house.key, first.session)["epoch"]
        desk.accept(house.world, house.ada, first.session, epoch, "a")
        answer = {"text": "Sorry, a wrong number"}
        sessions.write(house.world, house.ada, first.session, "m", "message", answer, epoch=epoch + 1)
        assert [one.payload["text"] for one in house.pay()] == ["Sorry, a wrong number"]
        assert not any(proven for _, proven in evidence(house, sent["customer"]).values())

    def test_a_years_silence_unproves_a_phone(self, house: House) -> None:
        silent = known(house, user("mara"), phone())
        house.clock.on(seconds=300 * 86400)
        speaks = house.notify(to={"phone": OTHER})["customer"]
        house.clock.on(seconds=70 * 86400)
        ticks.tidy(house.world)
        assert evidence(house, silent) == {"mara": ("company", True), PHONE: ("company", False)}
        assert evidence(house, speaks)[OTHER][1]


class TestVisitors:
    def start(self, house: House, grant: access.Grant) -> str:
        return str(widget.start(house.world, grant, "start")["id"])

    def visitor(self, house: House) -> tuple[access.Grant, str]:
        return widget.visitor(house.world, house.site.key, "1.2.3.4")

    def test_their_sessions_follow_a_sign_in(self, house: House) -> None:
        visitor, secret = self.visitor(house)
        session = self.start(house, visitor)
        sessions.write(house.world, visitor, session, "m", "message", {"text": "before signing in"})
        mara, _ = sign_in(house, "mara", secret)
        assert "before signing in" in [one["body"].get("text") for one in house.events(session, mara)]
        with pytest.raises(NotFound):
            widget.grant(house.world, secret)

    def test_never_past_a_logout(self, house: House) -> None:
        visitor, secret = self.visitor(house)
        session = self.start(house, visitor)
        mara, _ = sign_in(house, "mara", secret)
        widget.log_out(house.world, mara)
        later, later_secret = self.visitor(house)
        ben, _ = sign_in(house, "ben", later_secret)
        for who in (later, ben):
            with pytest.raises(NotFound):
                access.page(house.world, who, session)
        _, _ = sign_in(house, "ben", secret)
        assert root(house, visitor.customer) == mara.customer

    def test_an_identity_token_is_exchanged_once(self, house: House) -> None:
        signed = token(house, "mara")
        widget.sign_in(house.world, house.site.key, signed)
        with pytest.raises(Refused) as refused:
            widget.sign_in(house.world, house.site.key, signed)
        assert refused.value.facts == {"why": "used"}

    def test_a_signed_in_customers_token_makes_nobody_follow(self, house: House) -> None:
        mara, secret = sign_in(house, "mara")
        ben, _ = sign_in(house, "ben", secret)
        assert root(house, mara.customer) != root(house, ben.customer)

    def test_a_visitor_sees_their_own_session_only(self, house: House) -> None:
        session = house.notify()["session"]
        visitor, _ = self.visitor(house)
        with pytest.raises(NotFound):
            access.page(house.world, visitor, session)

    def test_a_retried_start_with_a_flow_is_one_run(self, house: House) -> None:
        mara, _ = sign_in(house, "mara")
        first = widget.start(house.world, mara, "start", CONTEXT, "flight-delay")
        again = widget.start(house.world, mara, "start", CONTEXT, "flight-delay")
        assert (first["id"], first["seq"]) == (again["id"], again["seq"])
        assert house.kinds(first["id"]).count("run.started") == 1


class TestErasing:
    def test_all_of_a_person_is_erased_and_nothing_of_another(self, house: House) -> None:
        mara, ben = house.notify(), house.notify(to={"phone": OTHER})
        people.erase(house.world, house.key, mara["customer"])
        assert {event["body"] is None for event in house.events(mara["session"])} == {True}
        assert all(event["body"] for event in house.events(ben["session"]))
        assert people.export(house.world, house.key, ben["customer"])["identities"]

    def test_a_merged_person_is_erased_whole(self, house: House) -> None:
        sent = house.notify(to={"phone": PHONE})
        known(house, user("mara"))
        one = known(house, user("mara"), phone())
        people.erase(house.world, house.key, one)
        assert {event["body"] is None for event in house.events(sent["session"])} == {True}

    def test_twice_is_once_and_the_next_text_is_a_strangers(self, house: House) -> None:
        sent = house.notify()
        house.pay()
        people.erase(house.world, house.key, sent["customer"])
        people.erase(house.world, house.key, sent["customer"])
        assert house.kinds(sent["session"]).count("erased") == 1
        after = sessions.get(house.world, house.key, house.text("hello").session)
        assert after["previous"] is None
        assert after["customer"] != sent["customer"]

    def test_their_windows_end(self, house: House) -> None:
        sent = house.notify()
        window = links.engage(house.world, house.world.settings.host, sent["link"]["code"])
        people.erase(house.world, house.key, sent["customer"])
        with pytest.raises(NotFound):
            runs.grant(house.world, window.cookie_value, window.handle)
        with pytest.raises(NotFound):
            links.cover(house.world, house.world.settings.host, sent["link"]["code"])

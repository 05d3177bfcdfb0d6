"""The codes of a roll-call: taken while they are on the screen, and not after."""

from credentials import rollcall

ID, OTHER = "a" * 22, "b" * 22
SECRET = b"s" * 32
AT = 1_764_000_000


def held(token: str, *, at: int, session: str = ID, secret: bytes = SECRET) -> bool:
    return rollcall.holds(token, session=session, secret=secret, at=at)


def test_a_scanned_code_holds_for_three_steps_and_no_longer() -> None:
    token = rollcall.token(session=ID, secret=SECRET, at=AT)
    start = AT - AT % rollcall.STEP
    assert rollcall.session_of(token) == ID
    assert held(token, at=start)
    assert held(token, at=start + 44)
    assert not held(token, at=start + 45)
    assert not held(token, at=start - 1)


def test_a_code_of_another_session_or_secret_does_not_hold() -> None:
    token = rollcall.token(session=ID, secret=SECRET, at=AT)
    assert not held(token, at=AT, secret=b"t" * 32)
    assert not held(OTHER + token[22:], at=AT, session=OTHER)
    assert not held(token[:-1] + ("A" if token[-1] != "A" else "B"), at=AT)


def test_a_typed_code_holds_for_its_minute_and_the_next() -> None:
    code = rollcall.typed_code(session=ID, secret=SECRET, at=AT)
    start = AT - AT % rollcall.TYPED_STEP
    assert code in rollcall.typed_codes(session=ID, secret=SECRET, at=start + 119)
    assert code not in rollcall.typed_codes(session=ID, secret=SECRET, at=start + 120)


def test_what_is_typed_is_read_as_it_was_meant() -> None:
    assert rollcall.read_typed("k7m 2px") == "K7M2PX"
    assert rollcall.read_typed("O0I-1L1") == "001111"
    assert rollcall.read_typed("K7M2P") == ""
    assert rollcall.read_typed("K7M2P!") == ""


def test_the_picture_stays_for_what_is_left_of_its_step() -> None:
    assert rollcall.left(at=AT - AT % 15) == 15
    assert rollcall.left(at=AT - AT % 15 + 14) == 1

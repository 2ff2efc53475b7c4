"""Questions are shown safely, with the live view out of the way."""

from __future__ import annotations

import io

from rich.console import Console

from executor.report.live import Live
from executor.report.screen import Screen
from tests.report.fleet import plan


def test_a_question_cannot_drive_the_terminal() -> None:
    out = io.StringIO()
    Screen(out).say("? failed: \x1b[2J\n  1  retry")
    Screen(out).say("  > ", end="")
    assert out.getvalue() == "? failed: \\x1b[2J\n  1  retry\n  > "


def test_a_question_stands_out_where_there_are_colours() -> None:
    out = io.StringIO()
    Screen(out, colour=True).say("? Go on?\n  more")
    assert out.getvalue() == "\x1b[1m? Go on?\x1b[0m\n  more\n"


def test_what_led_to_a_question_is_shown_before_it() -> None:
    out = io.StringIO()
    screen = Screen(out, settle=lambda: print("web1: FAILED", file=out))
    with screen.pause():
        screen.say("? web1 failed")
    assert out.getvalue() == "web1: FAILED\n? web1 failed\n"


def test_the_live_view_is_away_while_a_question_is_open() -> None:
    out = io.StringIO()
    live = Live(plan(("web1",)), Console(file=out, force_terminal=True, width=80, height=24))
    live.tick(1.0)
    with Screen(out, live=live).pause():
        before = len(out.getvalue())
        live.tick(5.0)
        assert len(out.getvalue()) == before
    live.tick(7.0)
    assert len(out.getvalue()) > before

"""The live view: legible at every size, never taller than the terminal, and nothing of it remains but the log."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from executor.events import Asked, Key, Question, Stamp
from executor.model.outcomes import Opinion, Verdict
from executor.report.canvas import Canvas
from executor.report.fold import fold, heard, measured
from executor.report.glyphs import ASCII, UNICODE, glyphs_for
from executor.report.guide import Guide
from executor.report.live import Live
from executor.report.picture import picture
from executor.report.story import RunView
from executor.report.style import Style, piece
from tests.report.fleet import Film, Said, film, plan
from tests.report.golden import matches
from tests.report.stories import BEGAN
from tests.report.terminal import Terminal


def view_at(shown: Film, second: float) -> RunView:
    """What there is to be told of a film at a moment."""
    view, planned = RunView(), plan(shown.hosts)
    for stamp, what in shown.stamped():
        if stamp.mono > second:
            break
        if isinstance(what, Said):
            view.now = stamp.mono
            heard(view, what.key, "stdout", what.data)
        else:
            fold(view, planned, stamp, what)
    view.now = second
    return view


def frame(view: RunView, hosts: tuple[str, ...], width: int, height: int) -> str:
    """The frame as a recording console shows it."""
    console = Console(record=True, width=width, file=io.StringIO())
    for line in picture(view, Guide(plan(hosts)), width=width, height=height, glyphs=UNICODE):
        console.print(line, soft_wrap=True)
    return "".join(f"{line.rstrip()}\n" for line in console.export_text().splitlines())


SCENES = {
    "1-host": (film(1), 9.0),
    "4-hosts": (film(4, width=2), 20.0),
    "4-hosts-pause": (film(4, width=2), 58.0),
    "4-hosts-rollback": (film(4, width=2, failing=3), 143.0),
    "40-hosts": (film(40, width=10), 40.0),
    "40-hosts-at-once": (film(40, width=40), 55.0),
    "400-hosts": (film(400, width=100), 55.0),
    "400-hosts-rollback": (film(400, width=100, failing=150), 187.0),
    "hold": (film(4, width=4), 500.0),
    "one-failed": (film(40, width=40, failing=7, tolerated=2), 92.0),
}


@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
@pytest.mark.parametrize("scene", SCENES)
def test_frame(scene: str, width: int, height: int) -> None:
    shown, second = SCENES[scene]
    assert matches(f"live-{scene}-{width}.txt", frame(view_at(shown, second), shown.hosts, width, height))


@settings(deadline=None)  # a film takes a while to make
@given(
    number=st.sampled_from([1, 4, 40]),
    together=st.sampled_from([1, 10, 40]),
    second=st.floats(0, 200),
    width=st.integers(1, 220),
    height=st.integers(1, 60),
)
def test_no_frame_is_larger_than_the_terminal(
    number: int, together: int, second: float, width: int, height: int
) -> None:
    shown = film(number, width=together, failing=min(3, number))
    lines = picture(view_at(shown, second), Guide(plan(shown.hosts)), width=width, height=height, glyphs=UNICODE)
    assert 1 <= len(lines) <= max(height - 1, 1)
    assert all(line.cell_len <= max(width - 1, 20) for line in lines)


def test_every_host_is_in_the_frame_by_name_or_by_number() -> None:
    shown = film(400, width=100)
    text = frame(view_at(shown, 55.0), shown.hosts, 80, 24)
    working = sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(" ●  "))
    done = int(text.split("✓ ")[1].split()[0])
    assert working + done == 100
    assert "300 waiting" in text


def test_a_silent_command_is_said_to_be_quiet() -> None:
    shown = film(1)
    view = view_at(shown, 9.0)
    view.now += 40.0
    assert "quiet for 4" in frame(view, shown.hosts, 80, 24)


def test_what_a_probe_has_measured_stands_beside_it_with_the_share_of_its_hold() -> None:
    shown = film(1)
    view = view_at(shown, 300.0)
    verdict = Verdict(Opinion.PASSED, "error rate 0.2% (limit 1%) over 300 samples")
    measured(view, Key("localhost", "3.1"), verdict)
    view.now = view.active["localhost"].works[Key("localhost", "3.1")].since + 900.0
    text = frame(view, shown.hosts, 120, 24)
    assert "│ error rate 0.2% (limit 1%) over 300 samples" in text
    assert "━━━━━┈┈┈┈┈ 15m 00s of 30m" in text


def test_questions_stand_in_the_frame() -> None:
    shown = film(1)
    view = view_at(shown, 9.0)
    question = Question("failure", "web1 failed\x1b[2J", choices=("retry", "stop"))
    fold(view, plan(shown.hosts), Stamp(99, BEGAN, 9.0), Asked(Key("web1", "2.4", "ask"), question))
    assert "? web1: web1 failed\\x1b[2J" in frame(view, shown.hosts, 80, 24)


def test_output_cannot_drive_the_terminal() -> None:
    shown = film(1)
    view = view_at(shown, 9.0)
    heard(view, next(iter(view.active["web1"].works)), "stdout", b"\x1b[2J\x1b]0;x\x07\xff\xc2\x9b1m\r\nmore")
    text = frame(view, shown.hosts, 80, 24)
    assert "\\x1b[2J\\x1b]0;x\\x07\\xff\\u009b1m" in text
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_a_terminal_without_unicode_gets_ascii() -> None:
    assert glyphs_for("utf-8") is UNICODE
    assert glyphs_for("UTF8") is UNICODE
    assert glyphs_for("latin-1") is ASCII
    shown = film(4, width=2)
    lines = picture(view_at(shown, 20.0), Guide(plan(shown.hosts)), width=80, height=24, glyphs=ASCII)
    assert all(line.plain.isascii() for line in lines)


# --- drawing ---


def console(width: int = 80) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    made = Console(file=out, force_terminal=True, width=width, height=24, color_system="truecolor")
    return made, out


_LINE = st.text("ab─ ", max_size=12).map(str.rstrip)
_UPDATE = st.tuples(st.lists(_LINE, max_size=3), st.lists(_LINE, max_size=5))


@given(st.lists(_UPDATE))
def test_the_screen_is_the_log_and_below_it_the_last_frame(updates: list[tuple[list[str], list[str]]]) -> None:
    made, out = console()
    canvas, terminal = Canvas(made), Terminal()
    log: list[str] = []
    for above, below in updates:
        canvas.draw([Text(line) for line in above], [Text(line, "bold") for line in below])
        terminal.feed(out.getvalue())
        out.seek(0)
        out.truncate()
        log += above
        assert terminal.text == "\n".join([*log, *(below or [""])])
    canvas.erase()
    terminal.feed(out.getvalue())
    assert terminal.text == "\n".join([*log, ""])
    assert terminal.cursor_shown


def test_a_frame_that_has_not_changed_is_not_sent_again() -> None:
    made, out = console()
    canvas = Canvas(made)
    canvas.draw([], [Text("one"), Text("two")])
    before = len(out.getvalue())
    canvas.draw([], [Text("one"), Text("two")])
    assert len(out.getvalue()) == before
    canvas.draw([], [Text("one"), Text("new")])
    assert "one" not in out.getvalue()[before:]
    assert "new" in out.getvalue()[before:]


def play(live: Live, shown: Film, until: float, *, ticks: int = 10) -> None:
    """Play a film with so many ticks a second."""
    tick = 0.0
    for stamp, what in shown.stamped():
        while tick <= min(stamp.mono, until):
            live.tick(tick)
            tick += 1 / ticks
        if stamp.mono > until:
            return
        if isinstance(what, Said):
            live.output(what.key, "stdout", what.data)
        else:
            live.event(stamp, what)


def test_what_stays_is_a_log_of_what_happened() -> None:
    """Failures with their output and the rollback are in it; frames, progress and colours are not."""
    made, out = console()
    shown = film(4, width=2, failing=3)
    live = Live(plan(shown.hosts), made, zone=BEGAN.tzinfo)
    play(live, shown, 1e9)
    live.close()
    terminal = Terminal()
    terminal.feed(out.getvalue())
    assert matches("live-log.txt", terminal.text)


def test_a_large_stage_logs_its_hosts_and_failures_but_not_each_step() -> None:
    made, out = console(width=120)
    shown = film(20, width=20, failing=7, tolerated=1)
    live = Live(plan(shown.hosts), made, zone=BEGAN.tzinfo)
    play(live, shown, 1e9)
    live.close()
    terminal = Terminal()
    terminal.feed(out.getvalue())
    assert matches("live-log-large.txt", terminal.text)


def test_it_draws_at_most_ten_times_a_second_however_much_happens() -> None:
    class Counting(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += "\x1b[?2026h" in text
            return super().write(text)

    out = Counting()
    shown = film(40, width=40)
    live = Live(plan(shown.hosts), Console(file=out, force_terminal=True, width=80, height=24))
    play(live, shown, 10.0, ticks=40)
    assert 0 < out.writes <= 101


def test_no_color_means_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    shown = film(4, width=2)
    live = Live(plan(shown.hosts), Console(file=out, force_terminal=True, width=80, height=24))
    play(live, shown, 20.0)
    assert "\x1b[36m" not in out.getvalue()
    assert "\x1b[32m" not in out.getvalue()


def test_while_it_is_paused_nothing_is_written_and_afterwards_nothing_is_missing() -> None:
    made, out = console()
    shown = film(1, failing=1)
    live = Live(plan(shown.hosts), made, zone=BEGAN.tzinfo)
    play(live, shown, 5.0)
    with live.pause():
        at = len(out.getvalue())
        terminal = Terminal()
        terminal.feed(out.getvalue())
        assert terminal.cursor_shown
        assert "Stage 2 of 3  Roll out" not in terminal.text
        play_rest = [moment for moment in shown.stamped() if moment[0].mono > 5.0]
        for stamp, what in play_rest:
            live.tick(stamp.mono)
            if not isinstance(what, Said):
                live.event(stamp, what)
        assert len(out.getvalue()) == at
    live.close()
    assert "FAILED in Roll out" in out.getvalue()


def test_closing_twice_is_no_matter() -> None:
    made, out = console()
    live = Live(plan(("web1",)), made)
    live.close()
    before = out.getvalue()
    live.close()
    assert out.getvalue() == before


def test_a_style_ends_where_the_next_piece_begins() -> None:
    """A green glyph makes no green line."""
    made, out = console()
    Canvas(made).draw([], [piece("✓", Style.GOOD).append(" web1")])
    assert "\x1b[32m✓\x1b[0m web1" in out.getvalue()

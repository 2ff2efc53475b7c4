"""What a lock on a host promises, under every shell that the host may have."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from executor.hosts.protocol import JobEnd
from executor.locks import orders
from executor.locks.words import BY_HAND, Beat, Busy, Claim, Failed, Last, Taken
from tests.locks.machine import CLAIM, NO_HOME, SPARE, Machine, wish

EXITED = JobEnd("exited", 0)


def test_a_free_lock_is_taken_and_names_its_file_and_token(machine: Machine) -> None:
    taken = machine.have("a")
    assert (taken.number, taken.token, taken.file) == (1, "a", f"{machine.folder()}/1")
    assert Path(taken.file).read_text().startswith("a\nrun-a\n")


def test_whoever_comes_second_is_told_who_holds_it(machine: Machine) -> None:
    machine.have("a")
    answer = machine.take("b")
    assert isinstance(answer, Busy)
    assert (answer.holder.token, answer.holder.run, answer.holder.claim) == ("a", "run-a", CLAIM)
    assert answer.holder.beat is None
    assert answer.holder.age is not None
    assert 0 <= answer.holder.age < 60


def test_a_claim_may_say_anything(machine: Machine) -> None:
    """Quotes, newlines, backslashes and letters of all kinds arrive as they were, and none of them means anything."""
    odd = Claim("a'd\"a", "$(touch oops)", "\\n%s", "`x`\n\tü€😀 \0", reason="'; touch oops; '")
    wanted = replace(wish("a"), claim=odd)
    machine.say(orders.take(wanted, "take"))
    answer = machine.take("b")
    assert isinstance(answer, Busy)
    assert answer.holder.claim == odd
    assert not (machine.home / "oops").exists()


def test_asking_twice_takes_it_once(machine: Machine) -> None:
    """Two names of one machine meet, and so does an order that was sent again."""
    assert machine.have("a") == machine.have("a")


def test_a_lock_that_was_let_go_can_be_taken_with_a_higher_number(machine: Machine) -> None:
    assert machine.release(machine.have("a")) == "released"
    again = machine.have("b")
    assert again.number == 2
    assert sorted(path.name for path in machine.folder().iterdir()) == ["2"]


def test_nobody_lets_go_of_anothers(machine: Machine) -> None:
    taken = machine.have("a")
    assert machine.release(replace(taken, token="b".upper())) == "gone"
    assert isinstance(machine.take("b"), Busy)


def test_letting_go_twice_does_not_touch_the_successors(machine: Machine) -> None:
    first = machine.have("a")
    machine.release(first)
    machine.have("b")
    assert machine.release(first) == "gone"
    assert isinstance(machine.take("c"), Busy)


def test_two_names_of_one_machine_let_go_of_their_lock_at_the_same_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes second, when the other one has seen the lock and not yet ended it, has nothing to complain of."""
    (tmp_path / "bin").mkdir()
    faster = tmp_path / "bin" / "mv"
    faster.write_text('#!/bin/sh\n/bin/mv "$@"\nexit 1\n')  # somebody else was faster: the lock is gone
    faster.chmod(0o700)
    machine = Machine("dash", tmp_path / "home")
    machine.home.mkdir()
    taken = machine.have("a")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert machine.release(taken) == "released"


def test_a_run_that_goes_on_takes_over_from_itself_and_its_old_controller_has_nothing_left(machine: Machine) -> None:
    old = machine.have("a", "run-1")
    new = machine.have("b", "run-1", begun=True)
    assert (new.number, new.kept, old.kept) == (2, True, False)
    assert not Path(old.file).exists()
    assert machine.release(old) == "gone"
    assert machine.beat(old, Beat(1, "x")) is not None
    assert machine.beat(new, Beat(1, "x")) is None


def test_a_run_that_was_killed_before_it_began_has_a_right_to_nothing_that_it_took(machine: Machine) -> None:
    """Two of those that each kept a part of their hosts would wait for each other."""
    machine.have("a", "run-1")
    assert machine.have("b", "run-1").kept is False


def test_a_run_that_ended_leaves_its_lock_to_an_heir(machine: Machine) -> None:
    machine.have("a", "run-1")
    assert isinstance(machine.take("b", heir=("run-0",)), Busy)
    assert machine.have("b", heir=("run-0", "run-1")).number == 2


def test_a_command_within_a_run_borrows_its_lock(machine: Machine) -> None:
    outer = machine.have("a", "run-1")
    inner = machine.have("b", "run-2", inside="run-1")
    assert inner == Taken(1, outer.file, "a", lent=True)
    assert isinstance(machine.take("c", "run-3", inside="run-9"), Busy)


def test_people_do_not_take_over_from_each_other(machine: Machine) -> None:
    machine.have("a", BY_HAND)
    assert isinstance(machine.take("b", BY_HAND), Busy)
    assert isinstance(machine.take("b", heir=(BY_HAND,)), Taken) is False


def test_an_override_takes_it_and_tells_whose_it_was(machine: Machine) -> None:
    first = machine.have("a")
    machine.beat(first, Beat(3, "stage Two"))
    second = machine.have("b", override=True)
    assert second.number == 2
    assert second.broken is not None
    assert (second.broken.run, second.broken.claim, second.broken.beat) == ("run-a", CLAIM, Beat(3, "stage Two"))
    assert machine.beat(first, Beat(4, "x")) is not None


def test_a_sign_of_life_is_shown_to_others(machine: Machine) -> None:
    taken = machine.have("a")
    assert machine.beat(taken, Beat(1, "stage 'One'")) is None
    assert machine.beat(taken, Beat(2, "stage Two", stopped=True)) is None
    answer = machine.take("b")
    assert isinstance(answer, Busy)
    assert answer.holder.beat == Beat(2, "stage Two", stopped=True)
    assert sorted(path.name for path in machine.folder().iterdir()) == ["1", "1.beat"]


def test_a_broken_lock_is_free_and_its_holder_learns_who_broke_it(machine: Machine) -> None:
    taken = machine.have("a")
    assert machine.break_(taken.number, "eve, for the outage") == "broken"
    assert machine.beat(taken, Beat(1, "x")) == "eve, for the outage"
    assert machine.have("b").number == 2


def test_only_the_lock_that_was_seen_is_broken(machine: Machine) -> None:
    first = machine.have("a")
    machine.release(first)
    machine.have("b")
    assert machine.break_(first.number) == "gone"
    assert isinstance(machine.take("c"), Busy)


def test_the_number_grows_even_where_everybody_breaks_everybody(machine: Machine) -> None:
    numbers = []
    for turn in range(5):
        taken = machine.have(f"t{turn}")
        numbers.append(taken.number)
        machine.break_(taken.number)
    assert numbers == [1, 2, 3, 4, 5]
    assert len(list(machine.folder().iterdir())) <= 4


def test_locks_of_two_names_do_not_meet(machine: Machine) -> None:
    machine.have("a")
    other = machine.have("b", name="other")
    assert other == Taken(1, f"{machine.folder().parent}/other/1", "b")
    assert [(holder.name, holder.token) for holder in machine.holders()] == [("deploy", "a"), ("other", "b")]


def test_who_had_it_last_is_known_also_when_it_is_let_go(machine: Machine) -> None:
    assert machine.last() == Last(None, ())
    machine.release(machine.have("one"))
    second = machine.have("two")
    for _ in range(2):
        found = machine.last().holder
        assert found is not None
        assert (found.number, found.run, found.claim.operator) == (second.number, "run-two", "ada")
        machine.release(second)
    assert machine.last("other").holder is None


def test_the_runs_of_which_a_machine_keeps_records_are_told_the_newest_first(machine: Machine) -> None:
    for age, name in enumerate(("young", "older", "old")):
        folder = machine.home / ".runbook" / "runs" / name
        folder.mkdir(parents=True)
        os.utime(folder, (10_000 - age, 10_000 - age))
    assert machine.last().runs == ("young", "older", "old")


def test_a_machine_without_locks_has_none_and_looking_makes_nothing(machine: Machine) -> None:
    assert machine.holders() == ()
    assert list(machine.home.iterdir()) == []


def test_machines_that_share_a_home_do_not_meet(machine: Machine) -> None:
    machine.have("a")
    place = machine.folder().parent
    place.rename(place.with_name("another-machine"))
    assert machine.have("b").number == 1


def test_what_is_left_of_a_killed_script_is_no_lock(machine: Machine) -> None:
    """An empty file, as a full disk or a lost machine may leave it, holds nothing."""
    machine.have("a")
    (machine.folder() / "2").touch()
    assert machine.have("b").number == 3


def test_a_link_in_the_place_of_its_folder_is_refused(machine: Machine) -> None:
    (machine.home / "elsewhere").mkdir()
    (machine.home / ".runbook").symlink_to("elsewhere")
    answer = machine.take("a")
    assert answer == Failed(f"{machine.home}/.runbook is a symbolic link")
    assert list((machine.home / "elsewhere").iterdir()) == []


def test_what_an_answer_does_not_say_is_not_believed() -> None:
    """What came from a host is data: nonsense is a failure, never a lock."""
    end = EXITED
    for said in (b"", b"taken", b"taken x /y", b"busy 1", b"busy 1 2 3 4\n{", b"lent 1", b"\xff\n", b"failed no room"):
        answer = orders.answer(wish("a"), end, said)
        assert not isinstance(answer, Taken), said
    assert orders.answer(wish("a"), end, b"failed no room") == Failed("no room")
    odd = orders.answer(wish("a"), end, b'busy 1 2 tok run\n["no", "claim"]\n{"count": "many"}')
    assert isinstance(odd, Busy)
    assert (odd.holder.claim, odd.holder.beat) == (Claim("", "", ""), None)


def test_of_many_who_come_at_once_exactly_one_takes_it(machine: Machine) -> None:
    """Round after round: a process for each, all at once; whoever wins lets go, and its number is never seen again."""
    numbers = []
    for turn in range(4):
        started = [(f"t{turn}x{n}", machine.start(orders.take(wish(f"t{turn}x{n}"), "take"))) for n in range(8)]
        answers = [orders.answer(wish(token), EXITED, process.communicate(timeout=60)[0]) for token, process in started]
        won = [answer for answer in answers if isinstance(answer, Taken)]
        assert len(won) == 1, answers
        assert all(isinstance(answer, Taken | Busy) for answer in answers)
        numbers.append(won[0].number)
        machine.release(won[0])
    assert numbers == sorted(set(numbers))


def test_taking_and_letting_go_at_once_never_lets_two_in(machine: Machine) -> None:
    """Each holder makes a file that must not be there yet, and takes it away before letting go."""
    overlaps: list[str] = []
    numbers: list[int] = []

    def work(who: int) -> None:
        for turn in range(4):
            answer = machine.take(f"w{who}t{turn}")
            if not isinstance(answer, Taken):
                continue
            try:
                os.close(os.open(machine.home / "inside", os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                overlaps.append(f"{who}/{turn}")
                continue
            numbers.append(answer.number)
            (machine.home / "inside").unlink()
            machine.release(answer)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not overlaps
    assert numbers
    assert len(numbers) == len(set(numbers))


def test_a_script_that_is_killed_anywhere_leaves_a_lock_with_a_name_or_none(machine: Machine) -> None:
    for turn in range(12):
        process = machine.start(orders.take(wish(f"k{turn}"), "take"))
        threading.Event().wait(0.001 * turn)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for holder in machine.holders():
            assert holder.run.startswith("run-k")
            assert holder.claim == CLAIM
            machine.break_(holder.number)
    assert isinstance(machine.take("last"), Taken)


def test_a_full_disk_takes_no_lock_and_still_lets_one_go(machine: Machine) -> None:
    """Renaming needs no room."""
    taken = machine.have("a")
    full = replace(machine, room=False)
    assert full.release(taken) == "released"
    assert isinstance(full.take("b"), Failed)
    assert machine.holders() == ()
    assert machine.have("c").number == 2


def test_a_home_that_cannot_be_written_has_a_spare_place(machine: Machine) -> None:
    """As everything else of the program's on such a host."""
    nowhere = replace(machine, home=NO_HOME)
    name = f"{SPARE}{os.getpid()}-{machine.home.name}"
    taken = nowhere.have("a", name=name)
    spare = Path(taken.file).parent
    try:
        assert spare.is_relative_to(f"/var/tmp/.runbook-{os.getuid()}/locks")  # noqa: S108  the place that is promised
        assert name in [holder.name for holder in nowhere.holders()]
        assert nowhere.break_(taken.number, name=name) == "broken"
    finally:
        shutil.rmtree(spare)


def test_what_is_sent_is_one_line_of_text_for_each_record() -> None:
    job = orders.beat(Taken(7, "/a b/7", "tok"), Beat(1, "ü\n"), "id")
    assert job.script.splitlines()[:4] == [
        "at='/a b'",
        "number='7'",
        "token='tok'",
        'beat_of_ours=\'{"count":1,"doing":"\\u00fc\\n","stopped":false}\'',
    ]

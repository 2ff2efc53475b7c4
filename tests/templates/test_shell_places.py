"""Where an interpolation stands in a script, and which scripts are refused because nobody can tell."""

from __future__ import annotations

import pytest

from executor.model.leaves import Kind
from executor.templates import check
from executor.templates.shell import HOLE, Context, spots
from tests.templates.helpers import problem, shell, template

BARE, SINGLE, DOUBLE = Context.BARE, Context.SINGLE, Context.DOUBLE
NUMBER, COMMENT = Context.ARITHMETIC, Context.COMMENT


@pytest.mark.parametrize(
    ("script", "contexts"),
    [
        ("echo _", [BARE]),
        ("echo '_' \"_\" _", [SINGLE, DOUBLE, BARE]),
        ('echo "$(cat \'_\' "_" _)" _', [SINGLE, DOUBLE, BARE, BARE]),
        ("echo \"a'_'b\"", [DOUBLE]),
        ("echo 'a\"_\"b'", [SINGLE]),
        ("echo \"${x#'a b'}\" _", [BARE]),
        ("echo ${x:-'}'} _", [BARE]),
        ('echo "${x:-"}"}" _', [BARE]),
        ("echo a\\'_", [BARE]),
        ('echo "a\\"_"', [DOUBLE]),
        ("echo $((1 + (_ * 2))) _", [NUMBER, BARE]),
        ("((_ < 3)) && echo _", [NUMBER, BARE]),
        ("(echo _)", [BARE]),
        ("echo a # it's _\necho '_'", [COMMENT, SINGLE]),
        ("echo a#b '_'", [SINGLE]),
        ("echo _#'_'", [BARE, SINGLE]),
        ("echo $#'_'", [SINGLE]),
        ("echo ${#x} '_'", [SINGLE]),
        ("case _ in a) echo _;; (b) echo '_';; esac; echo \"_\"", [BARE, BARE, SINGLE, DOUBLE]),
        ("x=$(case a in a) echo _;; esac)'_'", [BARE, SINGLE]),
        ("x=$(echo case in a) '_'", [SINGLE]),
        ('x=$(if true; then case a in\n a) echo "_"\n ;; esac; fi) _', [DOUBLE, BARE]),
        ("cat <<END\nit's\nEND\necho '_'", [SINGLE]),
        ("cat <<'END' && echo '_'\n\"\nEND\necho _", [SINGLE, BARE]),
        ("cat <<-END\n\tit's\n\tEND\necho '_'", [SINGLE]),
        ("cat <<A <<B\n'\nA\n\"\nB\necho _", [BARE]),
        ("cat <<< _ '_'", [BARE, SINGLE]),
        ("x=$(cat <<END\n)'\nEND\n) _", [BARE]),
        ("echo `echo '\"'` '_'", [SINGLE]),
        ("echo $'a\\tb' '_'", [SINGLE]),
        ("f() { echo '_'; }; f _", [SINGLE, BARE]),
        ("for x in _; do echo _; done", [BARE, BARE]),
        ("echo _ 2>&1 _ >_", [BARE, BARE, BARE]),
        ("[[ _ -eq 1 ]] && [[ _ = a ]] && [ _ -eq 1 ]", [NUMBER, BARE, BARE]),
        ("[[ -v '_' && \"_\" ]] # _", [NUMBER, NUMBER, COMMENT]),
        ("diff <(sort _) <(sort '_')", [BARE, SINGLE]),
    ],
)
def test_the_text_around_says_where_a_value_stands(script: str, contexts: list[Context]) -> None:
    assert [spot.context for spot in spots(script.replace("_", HOLE))] == contexts


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("cat <<END\n{{ x }}\nEND", "a value cannot be put safely within a here-document"),
        ("cat <<'END'\n{{ x }}\nEND", "a value cannot be put safely within a here-document"),
        ("cat <<{{ x }}\na\n", "a value cannot be put safely in the end mark of a here-document"),
        ("echo `ls {{ x }}`", "a value cannot be put safely within backquotes"),
        ('echo "`ls {{ x }}`"', "a value cannot be put safely within backquotes"),
        ("echo ${y:-{{ x }}}", "a value cannot be put safely within ${…}"),
        ("echo $'{{ x }}'", "a value cannot be put safely within $'…'"),
        ("echo $'it\\'s' '{{ x }}'", "shells read \\' within $'…' in different ways"),
        ('echo "${y:-\'}" {{ x }}', 'shells read a \' within "${…}" in different ways'),
        ("echo a >&{{ x }}", "a value cannot be put safely behind >&"),
        ("echo a >& b'{{ x }}'", "a value cannot be put safely behind >&"),
        ("echo ${{ x }}", "a value cannot be put safely right behind a $"),
        ('echo "${{ x }}"', "a value cannot be put safely right behind a $"),
        ("echo \\{{ x }}", "a value cannot be put safely right behind a backslash"),
        ('echo "\\{{ x }}"', "a value cannot be put safely right behind a backslash"),
        ("echo 'a {{ x }}", "the quote that opens here is never closed"),
        ('echo "a {{ x }}', "the quote that opens here is never closed"),
        ("echo $(a {{ x }}", "the parenthesis that opens here is never closed"),
        ("echo ${a {{ x }}", "a value cannot be put safely within ${…}"),
        ("echo " + "$(" * 70 + "{{ x }}" + ")" * 70, "this script is nested too deeply to be followed"),
        ("echo \0 {{ x }}", "a script cannot have a NUL character in it"),
    ],
)
def test_a_place_that_cannot_be_known_is_refused_when_the_file_is_read(script: str, message: str) -> None:
    (found,) = check(template(script, Kind.SHELL))
    assert found.message.startswith(message)


def test_the_refusal_points_at_the_value_and_shows_the_way_round() -> None:
    (found,) = check(template("cat {{ a }} <<END\n  hello {{ x }}\nEND\n", Kind.SHELL, line=4, column=9))
    assert str(found.place) == "deploy.yml:5:17"
    assert "`environment:`" in found.hint
    assert "`stdin:`" in found.hint


def test_a_list_is_its_quoted_words_where_it_stands_alone() -> None:
    assert shell("rm -f {{ x }}", x=["a b", "c", "it's", ""]) == "rm -f 'a b' c 'it'\\''s' ''"
    assert shell("rm -f {{ x }}", x=[]) == "rm -f "


@pytest.mark.parametrize("script", ["rm '{{ x }}'", 'rm "{{ x }}"', "rm /srv/{{ x }}", "rm {{ x }}.gz"])
def test_a_list_among_other_characters_is_refused(script: str) -> None:
    assert problem(template(script, Kind.SHELL), x=["a", "b"]).message.startswith("a list becomes several words")


def test_a_mapping_has_no_form_in_a_command() -> None:
    assert problem(template("echo {{ x }}", Kind.SHELL), x={"a": 1}).hint == "choose a key, or say | to_json"
    assert shell("echo {{ x | to_json }}", x={"a": 1}) == "echo '{\"a\": 1}'"


@pytest.mark.parametrize(
    "script", ["rm -rf {{ d }}/{{ x }}", 'rm -rf "{{ d }}/{{ x }}"', "rm -rf /srv/'{{ x }}'", "rm -rf {{ s }}{{ x }}"]
)
def test_an_empty_part_of_a_path_is_refused(script: str) -> None:
    found = problem(template(script, Kind.SHELL), d="/srv", x="", s="/srv/")
    assert found.message == "'x' is empty, and it is part of a path here"
    assert found.hint == "where that is meant, say so: {{ x | default('') }}"


def test_an_empty_value_may_stand_where_it_is_no_part_of_a_path() -> None:
    assert shell('a {{ x }} --b={{ x }} "{{ x }}" # /{{ x }}', x="") == "a '' --b='' \"\" # /"
    assert shell("ls /srv/{{ x | default('') }}", x="") == "ls /srv/''"


def test_quote_does_not_quote_twice_and_raw_opts_out() -> None:
    assert shell("echo {{ x | quote }} '{{ x | quote }}' {{ x | raw }}", x="a b") == "echo 'a b' 'a b' a b"


def test_a_leading_dash_is_left_as_it_is() -> None:
    assert shell("rm {{ x }}", x="-rf") == "rm -rf"


def test_a_value_with_nul_is_refused() -> None:
    assert "NUL" in problem(template("echo {{ x }}", Kind.SHELL), x="a\0b").message


def test_arithmetic_takes_whole_numbers_alone() -> None:
    assert shell("echo $(( {{ x }} + 1 ))", x="-4") == "echo $(( -4 + 1 ))"
    assert problem(template("echo $(( {{ x }} ))", Kind.SHELL), x="a[$(id)]").message.startswith("only a whole number")


def test_a_command_that_renders_to_nothing_is_refused() -> None:
    assert problem(template(" {{ x | raw }} ", Kind.SHELL), x="").message == "this command is empty once it is rendered"


@pytest.mark.parametrize(
    "word", ["if", "done", "esac", "{", "!", "a=b", "~", "*", "1..3", "$HOME", "a,b", "#x", "-x=$y"]
)
def test_what_a_shell_could_read_otherwise_is_quoted(word: str) -> None:
    assert shell("{{ x }} a", x=word) == f"'{word}' a"


@pytest.mark.parametrize("word", ["v1.2.3", "/srv/app", "deploy@web1:22", "--format=custom", "80", "main", "."])
def test_what_every_shell_reads_alike_is_left_readable(word: str) -> None:
    assert shell("a {{ x }}", x=word) == f"a {word}"


@pytest.mark.parametrize("script", ["{a,_}", "_=b", "_>c", "_(c)", "{1.._}", "[_]"])
def test_a_harmless_value_is_quoted_where_what_stands_beside_it_would_join_in(script: str) -> None:
    assert shell("echo " + script.replace("_", "{{ x }}"), x="a1") == "echo " + script.replace("_", "'a1'")

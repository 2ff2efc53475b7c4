"""The database: its migrations, its version, its copies.

    manage.py migrate          up to the newest migration of this release
    manage.py migrate-to N     up or down to migration N
    manage.py version          the number of the newest migration that the database has
    manage.py check-schema     does the database have all migrations of this release?
    manage.py dump             the whole database as SQL on standard output
    manage.py check FILE       can this dump be loaded?

A migration is a pair migrations/NNN_name.sql and migrations/NNN_name.undo.sql. DATABASE comes from the environment.
"""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def numbered(suffix):
    files = MIGRATIONS.glob("*.sql")
    return {int(f.name[:3]): f for f in files if f.name.endswith(".undo.sql") == (suffix == ".undo.sql")}


def version(database):
    return database.execute("PRAGMA user_version").fetchone()[0]


def migrate_to(database, target):
    up, down = numbered(".sql"), numbered(".undo.sql")
    now = version(database)
    steps = [(up[n], n) for n in range(now + 1, target + 1)] + [(down[n], n - 1) for n in range(now, target, -1)]
    for file, reached in steps:
        database.executescript(f"BEGIN; {file.read_text()} PRAGMA user_version = {reached}; COMMIT;")
        say(file.name)


def check(file):
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.executescript(Path(file).read_text())
        say(f"{file} can be loaded")


def say(line):
    print(line)  # noqa: T201 - it is a command


def main(command, *arguments):
    with closing(sqlite3.connect(os.environ["DATABASE"], isolation_level=None)) as database:
        if command == "migrate":
            migrate_to(database, max(numbered(".sql")))
        elif command == "migrate-to":
            migrate_to(database, int(arguments[0]))
        elif command == "check-schema":
            sys.exit(0 if version(database) == max(numbered(".sql")) else "migrations are pending")
        elif command == "version":
            say(version(database))
        elif command == "dump":
            for line in database.iterdump():
                say(line)
        elif command == "check":
            check(arguments[0])
        else:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])

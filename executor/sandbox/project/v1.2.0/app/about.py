"""What the pages say."""

import os
from pathlib import Path


def home():
    return "<h1>Notes</h1><p>A place for them, now with tags and colours.</p>"


def form():
    return "<form method=post action=/login><input name=user></form>"


def welcome():
    return {"welcome": True}


def notes():
    return {"notes": [], "tags": [], "colours": []}


def version():
    # The mistake of this release: nobody has set REGION on the hosts.
    region = os.environ["REGION"]
    return {"version": Path(__file__).with_name("VERSION").read_text().strip(), "pid": os.getpid(), "region": region}

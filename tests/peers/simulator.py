"""A simulated vendor for scripts in Python."""

import json
import os
import subprocess

SIMULATOR = os.environ["SIMULATOR"]


def dump(vendor):
    """What a customer's day makes the vendor post: headers, and the exact body."""
    lines = subprocess.run([SIMULATOR, "dump", vendor], check=True, capture_output=True).stdout
    posts = [json.loads(line) for line in lines.splitlines()]
    return [(post["headers"], post["body"].encode()) for post in posts]


class Running:
    """A vendor that is up, with a customer who has said hello."""

    def __init__(self, vendor):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([SIMULATOR, "run", vendor], stdin=pipe, stdout=pipe, text=True)
        self.told = json.loads(self.process.stdout.readline())

    def record(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def messages(self):
        return [entry for entry in self.record() if entry["kind"] == "Message"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

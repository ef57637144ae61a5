#!/usr/bin/env python3
"""How long it takes to try a draft on 1,000 questions.

    bench/backtest/run.py --program target/release/rapport --data DIR

DIR holds BANKING77 as train.csv and test.csv (text,category). The knowledge is its training part, a pair an example, with
the intent as the answer; an evaluation set of 1,000 test questions is what the draft is tried on. Prints what the server
measured. Python's own library is all it needs.
"""
import argparse
import csv
import io
import json
import random
import subprocess
import tempfile
import urllib.request


def rapport(program, folder, *arguments, stdin=None):
    command = [program, *arguments, "--json", "--data-dir", folder]
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def call(server, key, method, path, body=None, kind="application/json"):
    data = body.encode() if isinstance(body, str) else json.dumps(body or {}).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": kind}
    request = urllib.request.Request(f"{server}/api/v1{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [(row["text"].strip(), row["category"]) for row in csv.DictReader(file)]


def table(names, lines):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    writer.writerows(lines)
    return text.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    known = rows(f"{arguments.data}/train.csv")
    asked = sorted(set(rows(f"{arguments.data}/test.csv")))
    random.Random(7).shuffle(asked)
    with tempfile.TemporaryDirectory() as folder:
        command = [arguments.program, "serve", "--data-dir", folder, "--listen", "127.0.0.1:0", "--json"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            url = json.loads(server.stdout.readline())["url"]
            tenant = rapport(arguments.program, folder, "tenant", "create", "Bank")
            key = tenant["api_key"]
            pairs = table(["question", "answer"], [(text, intent) for text, intent in known])
            call(url, key, "POST", "/qa-pairs/import", pairs, "text/csv")
            made = call(url, key, "POST", "/evaluation-sets", {"name": "Test"})
            cases = table(["question", "expected_text"], asked[:1000])
            call(url, key, "POST", f"/evaluation-sets/{made['id']}/import", cases, "text/csv")
            run = call(url, key, "POST", f"/evaluation-sets/{made['id']}/runs")
            new = {"subject": "qa_pair", "id": None, "after": {"question": "What is new?", "answer": "Nothing."}}
            draft = call(url, key, "POST", "/drafts", {"changes": [new]})
            trials = [call(url, key, "POST", f"/drafts/{draft['id']}/backtest") for _ in range(3)]
            print(f"pairs known               {len(known)}")
            print(f"questions asked again     {sum(trials[0][name] for name in ('fixed', 'broken', 'changed', 'unchanged'))}")
            print(f"right, declined, wrong    {run['right']}, {run['declined']}, {run['wrong']} of {run['total']}")
            print(f"set asked once            {run['milliseconds'] / 1000:.1f} s")
            print("draft tried, three times  " + ", ".join(f"{trial['milliseconds'] / 1000:.1f} s" for trial in trials))
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How fast files are learned: uploaded, read in a child, cut, embedded, stored, served.

    bench/retrieval/ingest.py --program target/release/rapport --data ../shared/data/squad-v2

DIR holds passages.jsonl (title, text). The paragraphs of each title become one Markdown file; all are uploaded at once by a
tenant of their own, and a question is asked meanwhile, again and again, to see what a visitor notices of it. Without a
model. Needs numpy (what it shares with its neighbours does); deletes everything afterwards.
"""
import argparse
import json
import time
import urllib.parse
import urllib.request

from common import call, quantiles, rapport, serving


def files(folder):
    titles = {}
    with open(f"{folder}/passages.jsonl", encoding="utf-8") as lines:
        for line in lines:
            passage = json.loads(line)
            titles.setdefault(passage["title"], []).append(passage["text"])
    return [(title, f"# {title}\n\n" + "\n\n".join(texts) + "\n") for title, texts in titles.items()]


def upload(base, key, title, text):
    name = urllib.parse.quote(f"{title}.md")
    request = urllib.request.Request(f"{base}/api/v1/documents/files?filename={name}", text.encode(), method="POST",
                                     headers={"authorization": f"Bearer {key}", "content-type": "application/octet-stream"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status == 202


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    with serving(arguments.program) as (base, _, folder, _):
        visited, learner = (rapport(arguments.program, folder, "tenant", "create", name)["api_key"] for name in ("Visited", "Learner"))
        call(base, visited, "/ask", {"question": "Are you there?"})
        learned, whole = files(arguments.data), []
        begun = time.monotonic()
        for title, text in learned:
            upload(base, learner, title, text)
        uploaded, first = time.monotonic() - begun, None
        while True:
            asked = time.monotonic()
            call(base, visited, "/ask", {"question": "When do you open on Sundays?"})
            whole.append((time.monotonic() - asked) * 1000)
            documents = call(base, learner, "/documents")["items"]
            served = sum(document["is_serving"] for document in documents)
            if first is None and served:
                first = time.monotonic() - begun
            if served == len(learned):
                break
            assert not any(document["status"] == "failed" for document in documents), documents
            time.sleep(0.2)
        seconds = time.monotonic() - begun
        passages = sum(document["chunk_count"] for document in documents)
        print(f"{len(learned)} files, {sum(len(text.split()) for _, text in learned):,} words, "
              f"{passages:,} passages in {seconds:.1f} s ({passages / seconds:.0f}/s); uploading took {uploaded:.1f} s, "
              f"the first file served after {first:.1f} s")
        print(f"another tenant's question meanwhile, whole: {quantiles(whole)} of {len(whole)}")


if __name__ == "__main__":
    main()

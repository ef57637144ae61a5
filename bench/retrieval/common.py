"""What the measurements of this folder share: a server in a folder of its own, and passages as they might be."""
import contextlib
import json
import os
import subprocess
import tempfile
import urllib.request
import uuid

import numpy

LENGTH = 384
WORDS_A_PASSAGE = 60


@contextlib.contextmanager
def serving(program, **settings):
    """A fresh server. Yields its address, its database's and its folder; everything is deleted afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "serve", "--data-dir", folder, "--listen", "127.0.0.1:0", "--json"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **settings})
        try:
            base = json.loads(server.stdout.readline())["url"]
            yield base, rapport(program, folder, "psql", "--url")["url"], folder, server.pid
        finally:
            server.terminate()
            server.wait()


def rapport(program, folder, *arguments):
    command = [program, *arguments, "--json", "--data-dir", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def call(server, key, path, body=None):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{server}/api/v1{path}", data, headers), timeout=600) as answer:
        return json.load(answer)


def real_vectors(path):
    record = numpy.dtype([("key", "S16"), ("vector", "<f4", (LENGTH,))])
    return numpy.fromfile(path, dtype=record)["vector"]


class Generator:
    """Passages as they might be."""

    def __init__(self, real):
        self.random = numpy.random.default_rng(7)
        self.real = real
        syllables = ["ba", "co", "di", "fu", "ge", "ha", "ji", "ko", "lu", "me", "no", "pa", "ri", "so", "tu", "ve", "wa", "xi", "yo", "ze"]
        self.words = [a + b + c + d for a in syllables for b in syllables for c in syllables for d in ("", "ra", "lon", "mit")]
        self.random.shuffle(self.words)
        weights = 1 / numpy.arange(1, len(self.words) + 1)
        self.weights = weights / weights.sum()

    def vectors(self, count):
        one, other = (self.real[self.random.integers(len(self.real), size=count)] for _ in range(2))
        share = self.random.uniform(0.5, 0.9, size=(count, 1))
        mixed = share * one + (1 - share) * other + self.random.normal(0, 0.01, size=(count, LENGTH))
        return mixed / numpy.linalg.norm(mixed, axis=1, keepdims=True)

    def texts(self, count):
        chosen = self.random.choice(len(self.words), size=(count, WORDS_A_PASSAGE), p=self.weights)
        return [" ".join(self.words[word] for word in row) for row in chosen]


def write(url, tenant, generator, count):
    """A document a thousand passages, straight into the tables."""
    for first in range(0, count, 1000):
        size, document = min(1000, count - first), uuid.uuid4()
        lines = [
            "begin;",
            f"set local app.current_tenant_id = '{tenant}';",
            "insert into documents (tenant_id, id, title, content, status, revision, serving_revision, chunk_count, file_size) values "
            f"('{tenant}', '{document}', 'Document {first}', '', 'processed', 1, 1, {size}, 0);",
            "copy knowledge_chunks (tenant_id, id, source_type, document_id, position, section, content, language, embedding) from stdin;",
        ]
        vectors, texts = generator.vectors(size).round(5).tolist(), generator.texts(size)
        for place in range(size):
            row = [tenant, uuid.uuid4(), "document", document, place, place // 4, texts[place], "en", vectors[place]]
            lines.append("\t".join(map(str, row)))
        lines += ["\\.", "commit;"]
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url], input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL)


def quantiles(times):
    times = sorted(times)
    return f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms"

#!/usr/bin/env python3
"""Large bases through pgvector: how long indexing and searching take, and what HNSW finds.

    bench/retrieval/large.py --program target/release/rapport --vectors target/quality-cache/minilm-int8.bin

Generated passages: each vector lies between two real ones (the cache that `make quality` leaves), each text is made of words
with the frequencies of a language. One tenant has --passages, ten others a tenth of it each, all in the same HNSW index.
The rows are written directly, the product's own job indexes them. Needs numpy and psql; deletes everything afterwards.
"""
import argparse
import json
import os
import subprocess
import tempfile
import time
import urllib.request
import uuid

import numpy

LENGTH = 384
WORDS_A_PASSAGE = 60
OTHERS = 10
QUESTIONS = 300


def rapport(program, folder, *arguments):
    command = [program, *arguments, "--json", "--data-dir", folder]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


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
        vectors, texts = generator.vectors(size), generator.texts(size)
        for place in range(size):
            vector = "[" + ",".join(f"{x:.5f}" for x in vectors[place]) + "]"
            row = [tenant, uuid.uuid4(), "document", document, place, place // 4, texts[place], "en", vector]
            lines.append("\t".join(map(str, row)))
        lines += ["\\.", "commit;"]
        subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", url], input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL)


def wait_until_indexed(server, key, count):
    call(server, key, "/ask", {"question": "Hello, is there anything about barico?"})
    begun = time.monotonic()
    while True:
        state = call(server, key, "/knowledge/index")
        if state["indexed"] == count and state["recall_at_10"] is not None:
            return state, time.monotonic() - begun
        time.sleep(1)


def quantiles(times):
    times = sorted(times)
    return f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms"


def ask(server, key, generator):
    """Whole questions, without a model, and what of that was searching."""
    whole, searching = [], []
    for text in generator.texts(QUESTIONS):
        question = "What about " + " ".join(text.split()[:8]) + "?"
        begun = time.monotonic()
        asked = call(server, key, "/ask", {"question": question})
        whole.append((time.monotonic() - begun) * 1000)
        searching += [step["ms"] for step in asked["trace"]["steps"] if step["name"] == "retrieve"]
        assert "without_index" not in asked["trace"]["notes"], asked["trace"]["notes"]
    return quantiles(whole[20:]), quantiles(searching[20:])


def nearest(url, tenant, generator):
    """HNSW alone, as the server asks, timed by PostgreSQL."""
    url = url.replace("rapport_owner", "rapport_app")
    times = []
    lines = ["begin;", f"set local app.current_tenant_id = '{tenant}';", "set local hnsw.iterative_scan = 'relaxed_order';",
             "set local hnsw.ef_search = 128;", "set local hnsw.max_scan_tuples = 40000;"]
    for vector in generator.vectors(QUESTIONS):
        text = "[" + ",".join(f"{x:.5f}" for x in vector) + "]"
        lines.append("explain (analyze, format json) select id from knowledge_chunks where tenant_id = current_tenant_id() "
                     "and index_name = 'pgvector' and vector_dims(embedding) = 384 "
                     f"order by embedding::halfvec(384) <=> '{text}'::vector::halfvec(384) limit 64;")
    done = subprocess.run(["psql", "-qXAt", url], input="\n".join(lines), text=True, check=True, capture_output=True).stdout
    decoder, at, plans = json.JSONDecoder(), 0, []
    while (at := done.find("[", at)) >= 0:
        plan, at = decoder.raw_decode(done, at)
        plans.append(json.dumps(plan))
        times.append(plan[0]["Execution Time"])
    used = sum("knowledge_chunks_hnsw_384" in plan for plan in plans)
    return f"{quantiles(times[20:])}; the planner took HNSW for {used} of {len(plans)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--passages", type=int, default=100_000)
    arguments = parser.parse_args()
    generator = Generator(real_vectors(arguments.vectors))
    sizes = [arguments.passages] + [arguments.passages // 10] * OTHERS
    with tempfile.TemporaryDirectory() as folder:
        command = [arguments.program, "serve", "--data-dir", folder, "--listen", "127.0.0.1:0", "--json"]
        held = str(arguments.passages // 20)
        environment = {**os.environ, "RAPPORT_KNOWLEDGE_IN_MEMORY_PER_TENANT": held}
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            base = json.loads(server.stdout.readline())["url"]
            url = rapport(arguments.program, folder, "psql", "--url")["url"]
            measure(arguments.program, folder, base, url, generator, sizes)
        finally:
            server.terminate()
            server.wait()


def measure(program, folder, base, url, generator, sizes):
    tenants = []
    for number, size in enumerate(sizes):
        tenant = rapport(program, folder, "tenant", "create", f"Tenant {number}")
        write(url, tenant["tenant_id"], generator, size)
        tenants.append(tenant)
    print(f"{sum(sizes):,} passages of {len(sizes)} tenants are written", flush=True)
    for tenant, size in zip(tenants, sizes):
        state, seconds = wait_until_indexed(base, tenant["api_key"], size)
        print(f"{size:7,} indexed and measured in {seconds:.0f} s ({size / seconds:.0f}/s), held {state['held_in_memory']:,}, "
              f"recall@10 {state['recall_at_10']:.3f}", flush=True)
    for name, tenant in [("the largest", tenants[0]), ("a smaller one", tenants[1])]:
        whole, searching = ask(base, tenant["api_key"], generator)
        print(f"{name}: HNSW alone {nearest(url, tenant['tenant_id'], generator)}")
        print(f"{name}: searching {searching}; the whole question over HTTP {whole}", flush=True)
    sizes_on_disk = subprocess.run(["psql", "-qXAt", url], text=True, capture_output=True, check=True, input="""
        select relname || ' ' || pg_size_pretty(pg_total_relation_size(oid)) from pg_class
        where relname in ('knowledge_chunks', 'knowledge_index_words', 'knowledge_index_batches', 'knowledge_chunks_hnsw_384')""").stdout
    print("on disk: " + ", ".join(sizes_on_disk.split("\n")).strip(", "))


if __name__ == "__main__":
    main()

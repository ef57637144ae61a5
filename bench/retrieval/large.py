#!/usr/bin/env python3
"""Large bases through pgvector: how long indexing and searching take, and what HNSW finds.

    bench/retrieval/large.py --program target/release/rapport --vectors target/quality-cache/minilm-int8.bin

Generated passages: each vector lies between two real ones (the cache that `make quality` leaves), each text is made of words
with the frequencies of a language. One tenant has --passages, ten others a tenth of it each, all in the same HNSW index.
The rows are written directly, the product's own job indexes them. Needs numpy and psql; deletes everything afterwards.
"""
import argparse
import json
import subprocess
import time

from common import Generator, call, quantiles, rapport, real_vectors, serving, write

OTHERS = 10
QUESTIONS = 300


def wait_until_indexed(server, key, count):
    call(server, key, "/ask", {"question": "Hello, is there anything about barico?"})
    begun = time.monotonic()
    while True:
        state = call(server, key, "/knowledge/index")
        if state["indexed"] == count and state["recall_at_10"] is not None:
            return state, time.monotonic() - begun
        time.sleep(1)


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
    held = str(arguments.passages // 20)
    with serving(arguments.program, RAPPORT_KNOWLEDGE_IN_MEMORY_PER_TENANT=held) as (base, url, folder, _):
        measure(arguments.program, folder, base, url, generator, sizes)


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

#!/usr/bin/env python3
"""Many tenants in one installation: what a question takes while their knowledge grows.

    bench/retrieval/tenants.py --program target/release/rapport --vectors target/quality-cache/minilm-int8.bin

A thousand tenants with 1, then 100, then 1,000 generated passages each (see large.py): a thousand, a hundred thousand and a
million passages in all. At each size questions go to tenants drawn at random, twice in a row to each: the first may have to
load what the tenant knows, the second finds it in memory. Asked one after another, over HTTP, without a model.
With as much memory as is set by default, 200,000 passages, four tenants in five have to be loaded at a million.
Needs numpy and psql; deletes everything afterwards.
"""
import argparse
import random
import subprocess
import time

from common import Generator, call, quantiles, rapport, real_vectors, serving, write

SIZES = [1, 100, 1000]
DRAWN = 1000


def ask(base, key, question):
    """The milliseconds of the whole question, and of searching alone."""
    begun = time.monotonic()
    asked = call(base, key, "/ask", {"question": question})
    whole = (time.monotonic() - begun) * 1000
    return whole, sum(step["ms"] for step in asked["trace"]["steps"] if step["name"] == "retrieve")


def measure(base, pid, tenants, generator, size):
    draw = random.Random(size)
    whole, searching = ([], []), ([], [])
    texts = generator.texts(2 * DRAWN)
    for number in range(DRAWN):
        key = draw.choice(tenants)["api_key"]
        for turn in range(2):
            question = "What about " + " ".join(texts[2 * number + turn].split()[:8]) + "?"
            taken = ask(base, key, question)
            whole[turn].append(taken[0])
            searching[turn].append(taken[1])
    print(f"{size * len(tenants):9,} passages: first question: searching {quantiles(searching[0])}, whole {quantiles(whole[0])}; "
          f"the next: searching {quantiles(searching[1])}, whole {quantiles(whole[1])}; server {resident(pid)} MB", flush=True)


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) // 1000 for line in status if line.startswith("VmRSS"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--tenants", type=int, default=1000)
    arguments = parser.parse_args()
    generator = Generator(real_vectors(arguments.vectors))
    with serving(arguments.program) as (base, url, folder, pid):
        tenants = [rapport(arguments.program, folder, "tenant", "create", f"Tenant {n}") for n in range(arguments.tenants)]
        written = 0
        for size in SIZES:
            for tenant in tenants:
                write(url, tenant["tenant_id"], generator, size - written)
            written = size
            subprocess.run(["psql", "-qX", url, "-c", "vacuum analyze knowledge_chunks"], check=True)
            measure(base, pid, tenants, generator, size)
        size = subprocess.run(["psql", "-qXAt", url, "-c", "select pg_size_pretty(pg_total_relation_size('knowledge_chunks'))"],
                              text=True, capture_output=True, check=True).stdout.strip()
        print(f"on disk: passages {size} with all indexes")


if __name__ == "__main__":
    main()

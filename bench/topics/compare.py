"""Compares the topics that were found with the true intents, beside K-means and UMAP with HDBSCAN. Argument: the folder
that the example `topics` has written."""

import json
import sys
import time
from pathlib import Path

import numpy as np
from hdbscan import HDBSCAN
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score
from umap import UMAP

DIMENSIONS = 384


def read(folder, name):
    found = json.loads((folder / f"{name}.json").read_text())
    vectors = np.fromfile(folder / f"{name}.f32", dtype=np.float32).reshape(-1, DIMENSIONS)
    return found, vectors


def judge(truth, found):
    """Mutual information, Rand index and outliers. An outlier is alone: it was put together with nothing."""
    found = np.array(found)
    alone = found < 0
    found[alone] = found.max() + 1 + np.arange(alone.sum())
    return normalized_mutual_info_score(truth, found), adjusted_rand_score(truth, found), alone.mean()


def k_means(vectors, count):
    return KMeans(count, n_init=10, random_state=1).fit_predict(vectors)


def umap_hdbscan(vectors, least):
    """As BERTopic comes: 15 neighbours, 5 dimensions."""
    neighbours = min(15, len(vectors) - 1)
    flat = UMAP(neighbours, 5, min_dist=0.0, metric="cosine", random_state=1, n_jobs=1).fit_transform(vectors)
    return HDBSCAN(min_cluster_size=least).fit_predict(flat)


def measure(sets):
    """Mean figures of each method over sets of one kind."""
    rows = {}
    for found, vectors in sets:
        truth = found["intents"]
        intents, size = len(set(truth)), len(truth)
        methods = {
            "ours": (lambda: found["found"]),
            "K-means, told how many": (lambda: k_means(vectors, intents)),
            "UMAP + HDBSCAN, at least 10": (lambda: umap_hdbscan(vectors, 10)),
            "UMAP + HDBSCAN, at least n/30": (lambda: umap_hdbscan(vectors, max(3, min(10, size // 30)))),
        }
        for name, method in methods.items():
            start = time.perf_counter()
            topics = method()
            seconds = found["seconds"] if name == "ours" else time.perf_counter() - start
            count = len({topic for topic in topics if topic >= 0})
            rows.setdefault(name, []).append((*judge(truth, topics), count, seconds))
    return {name: np.mean(figures, axis=0) for name, figures in rows.items()}


def main():
    folder = Path(sys.argv[1])
    kinds = {
        "All 3,080 questions, 77 intents": ["all"],
        "Ten days of 100 questions, 12 intents each": [f"day-100-{day}" for day in range(10)],
        "Ten days of 1,000 questions, 30 intents each": [f"day-1000-{day}" for day in range(10)],
        "Thirty days of 103, one after another (the others see all at once)": ["stream"],
    }
    print("| set | method | NMI | ARI | outliers | topics | seconds |\n|---|---|---|---|---|---|---|")
    for kind, names in kinds.items():
        for method, (nmi, ari, alone, count, seconds) in measure([read(folder, name) for name in names]).items():
            print(f"| {kind} | {method} | {nmi:.3f} | {ari:.3f} | {alone:.1%} | {count:.0f} | {seconds:.2f} |")


if __name__ == "__main__":
    main()

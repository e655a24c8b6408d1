"""A peer's side of `prompts.py`: `prompts_peer.py PACKAGE ROWS KEPT` writes a line with the id of each row it keeps.

Lower-cased shingles of five words and about 112 permutations at a similarity of 0.7, as far as each can be told.
"""

import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

NUM_WORDS, NUM_BUCKETS, HASHES_PER_BUCKET = 5, 14, 8
NUM_PERMUTATIONS, SIMILARITY = NUM_BUCKETS * HASHES_PER_BUCKET, 0.7


def datatrove(rows: Path) -> Iterator[str]:
    """Its four steps of MinHash deduplication with its own settings; two processes."""
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.dedup import (
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig
    from datatrove.pipeline.readers import JsonlReader
    from datatrove.pipeline.writers import JsonlWriter

    config = MinhashConfig(n_grams=NUM_WORDS, num_buckets=NUM_BUCKETS, hashes_per_bucket=HASHES_PER_BUCKET)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        (out / "in").mkdir()
        halves = [(out / "in" / f"{half}.jsonl").open("w") for half in range(2)]
        for number, line in enumerate(rows.open()):
            halves[number % 2].write(line)
        for half in halves:
            half.close()
        reader = JsonlReader(f"{out}/in", text_key="prompt")
        steps = [
            ([reader, MinhashDedupSignature(f"{out}/signatures", config=config)], 2),
            ([MinhashDedupBuckets(f"{out}/signatures", f"{out}/buckets", config=config)], NUM_BUCKETS),
            ([MinhashDedupCluster(f"{out}/buckets", f"{out}/remove", config=config)], 1),
            ([reader, MinhashDedupFilter(f"{out}/remove"), JsonlWriter(f"{out}/kept")], 2),
        ]
        for number, (pipeline, tasks) in enumerate(steps):
            # Forked workers are waited for, so that their CPU time counts; those of a fork server are not.
            executor = LocalPipelineExecutor(
                pipeline, tasks=tasks, workers=2, logging_dir=f"{out}/logs{number}", start_method="fork"
            )
            executor.run()
        for path in (out / "kept").glob("*.gz"):
            yield from (json.loads(line)["id"] for line in gzip.decompress(path.read_bytes()).splitlines())


def datasketch(rows: Path) -> Iterator[str]:
    """Its index, asked row by row."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=SIMILARITY, num_perm=NUM_PERMUTATIONS)
    for name, shingles in _shingles(rows):
        sketch = MinHash(num_perm=NUM_PERMUTATIONS)
        sketch.update_batch([shingle.encode() for shingle in shingles])
        if not index.query(sketch):
            index.insert(name, sketch)
            yield name


def rensa(rows: Path) -> Iterator[str]:
    """Its deduplicator, asked row by row."""
    from rensa import RMinHash, RMinHashDeduplicator

    seen = RMinHashDeduplicator(SIMILARITY, NUM_PERMUTATIONS, True, NUM_BUCKETS, 42)
    for name, shingles in _shingles(rows):
        sketch = RMinHash(num_perm=NUM_PERMUTATIONS, seed=42)
        sketch.update(shingles)
        if seen.add(name, sketch):
            yield name


def _shingles(rows: Path) -> Iterator[tuple[str, list[str]]]:
    for line in rows.open():
        row = json.loads(line)
        words = row["prompt"].lower().split()
        yield row["id"], [" ".join(words[at : at + NUM_WORDS]) for at in range(max(1, len(words) - NUM_WORDS + 1))]


def main() -> None:
    """Write what is kept."""
    package, rows, kept = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    names = {"datatrove": datatrove, "datasketch": datasketch, "rensa": rensa}[package](rows)
    kept.write_text("".join(json.dumps({"id": name}) + "\n" for name in names))


if __name__ == "__main__":
    main()

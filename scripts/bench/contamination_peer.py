"""datatrove's side of `contamination.py`: problems and rows as JSON on stdin; what it drops, and CPU seconds."""

import json
import sys
import tempfile
import time

from datatrove.data import Document
from datatrove.pipeline.decont import NGramsDecontFilter, NGramsDecontIndexer


def main() -> None:
    """Its n-gram decontamination with its own settings: twelve words in a row."""
    problems, rows = json.load(sys.stdin)
    # Its steps ask for lighteval, which only fetches benchmarks; ours are here, so its index is filled directly.
    NGramsDecontIndexer._requires_dependencies = []
    with tempfile.TemporaryDirectory() as folder:
        indexer, finder = NGramsDecontIndexer(folder), NGramsDecontFilter(folder)
        finder._index_hashes = {key: "benchmark" for text in problems for key in indexer.compute_hashes(text)}
        start = time.process_time()
        dropped = [finder.filter(Document(text=text, id=str(number))) is not True for number, text in enumerate(rows)]
        print(json.dumps((dropped, time.process_time() - start)))


if __name__ == "__main__":
    main()

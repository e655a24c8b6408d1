"""One row of a dataset, to be shown on its card."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow.parquet as pq
from pydantic import JsonValue


def example_row(folder: Path) -> dict[str, JsonValue]:
    """The row of median length among those of the first row group: neither the shortest nor a showpiece.

    The first of several as long; `folder` holds `data/*.parquet` with at least one row.
    """
    with pq.ParquetFile(_first(folder)) as file:
        lengths = file.read_row_group(0, columns=["num_tokens"]).column("num_tokens").to_numpy()
        place = int(np.argsort(lengths, kind="stable")[(len(lengths) - 1) // 2])
        row = file.read_row_group(0).slice(place, 1).to_pylist()[0]
    shown: dict[str, JsonValue] = orjson.loads(orjson.dumps(row))
    return shown


def _first(folder: Path) -> Path:
    """The first shard of the split `train`, or of the only one that there is."""
    shards = sorted((folder / "data").glob("*.parquet"))
    return next((shard for shard in shards if shard.name.startswith("train-")), shards[0])

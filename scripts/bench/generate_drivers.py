"""The systems that `generate.py` measures, each asked through its public API as its documentation shows.

    python scripts/bench/generate_drivers.py SYSTEM PROMPTS URL OUT CONCURRENCY [POLICY]

Each runs under a Python of its own. When it is done, CPU seconds and memory of this process and of its children go to
stdout as the last line, in JSON.
"""

import asyncio
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

os.environ |= {"OPENAI_API_KEY": "none", "HF_HUB_OFFLINE": "1", "TELEMETRY_ENABLED": "0", "NEMO_TELEMETRY_ENABLED": "0"}


class Task(NamedTuple):
    """What a system is to do."""

    prompts: Path
    url: str
    out: Path
    concurrency: int
    policy: str = "at_least(1, 1)"


def distill(task: Task) -> None:
    """What a user calls: answers and verdicts are on disk, synced, when it ends."""
    from distill.cli import main

    line = ["distill", "generate", str(task.prompts), "--run", str(task.out), "--endpoint", task.url, "--model", "toy"]
    sys.argv = [*line, "--policy", task.policy, "--concurrency", str(task.concurrency), "--workers", "1"]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise


def aiohttp(task: Task) -> None:
    """The floor: what comes is parsed and thrown away."""
    asyncio.run(_ask_all(task))


async def _ask_all(task: Task) -> None:
    import aiohttp
    import orjson

    bodies = (
        orjson.dumps({"model": "toy", "messages": [{"role": "user", "content": text}]}) for text in texts(task.prompts)
    )
    headers = {"Content-Type": "application/json"}
    connector = aiohttp.TCPConnector(limit=0)
    patience = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=patience
    ) as http:

        async def work() -> None:
            for body in bodies:
                async with http.post(f"{task.url}/chat/completions", data=body, headers=headers) as reply:
                    orjson.loads(await reply.read())

        await asyncio.gather(*(work() for _ in range(task.concurrency)))


def distilabel(task: Task) -> None:
    """One generation step; its batches are as large as the concurrency."""
    from distilabel.models import OpenAILLM
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    rows = [{"instruction": text} for text in texts(task.prompts)]
    with Pipeline(name="bench", cache_dir=task.out) as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=task.concurrency)
        llm = OpenAILLM(model="toy", base_url=task.url, api_key="none", timeout=600)
        load >> TextGeneration(llm=llm, input_batch_size=task.concurrency)
    pipeline.run()


def curator(task: Task) -> None:
    """An `LLM` on its OpenAI back end, with rate limits out of the way.

    It counts tokens with a vocabulary from the web; where that cannot be had, four characters stand for a token.
    """
    import tiktoken
    from bespokelabs import curator

    class Quarter:
        def encode(self, text: str, **_: object) -> range:
            return range(len(text) // 4)

    class Asker(curator.LLM):  # type: ignore[misc]
        def prompt(self, row: dict[str, str]) -> str:
            return row["prompt"]

        def parse(self, row: dict[str, str], response: str) -> dict[str, str]:
            return {"prompt": row["prompt"], "response": response}

    try:
        tiktoken.get_encoding("cl100k_base")
    except Exception:  # noqa: BLE001 - without a network, of any kind
        tiktoken.get_encoding = tiktoken.encoding_for_model = lambda _: Quarter()
    limits = {"max_requests_per_minute": 10**9, "max_tokens_per_minute": 10**12}
    backend = {"base_url": task.url, "api_key": "none", "max_concurrent_requests": task.concurrency, **limits}
    llm = Asker(model_name="toy", backend="openai", backend_params=backend)
    llm([{"prompt": text} for text in texts(task.prompts)], working_dir=str(task.out))


def datatrove(task: Task) -> None:
    """An `InferenceRunner` with checkpoints, on an endpoint."""
    from datatrove.data import Document
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner
    from datatrove.pipeline.writers import JsonlWriter

    async def rollout(document: Document, generate: Callable[..., object]) -> object:
        return await generate({"messages": [{"role": "user", "content": document.text}]})  # type: ignore[misc]

    documents = [Document(text=text, id=str(number)) for number, text in enumerate(texts(task.prompts))]
    config = InferenceConfig(
        server_type="endpoint",
        model_name_or_path="toy",
        endpoint_url=task.url.removesuffix("/v1"),
        max_concurrent_generations=task.concurrency,
    )
    runner = InferenceRunner(
        rollout_fn=rollout,
        config=config,
        output_writer=JsonlWriter(str(task.out / "rows"), output_filename="${rank}_${chunk_index}.jsonl"),
        checkpoints_local_dir=str(task.out / "checkpoints"),
        records_per_chunk=500,
    )
    LocalPipelineExecutor([documents, runner], logging_dir=str(task.out / "logs")).run()


def data_designer(task: Task) -> None:
    """A text column over a seed of prompts."""
    import data_designer.config as dd
    import pandas as pd
    from data_designer.interface import DataDesigner

    rows = list(texts(task.prompts))
    provider = dd.ModelProvider(name="stand-in", endpoint=task.url, api_key="none")
    parameters = dd.ChatCompletionInferenceParams(max_parallel_requests=task.concurrency, timeout=600)
    model = dd.ModelConfig(
        alias="toy", model="toy", provider="stand-in", inference_parameters=parameters, skip_health_check=True
    )
    builder = dd.DataDesignerConfigBuilder(model_configs=[model])
    builder.with_seed_dataset(dd.DataFrameSeedSource(df=pd.DataFrame({"prompt": rows})))
    builder.add_column(dd.LLMTextColumnConfig(name="response", model_alias="toy", prompt="{{ prompt }}"))
    designer = DataDesigner(artifact_path=task.out, model_providers=[provider])
    designer.create(builder, num_records=len(rows))


SYSTEMS: dict[str, tuple[Callable[[Task], None], str]] = {
    "distill": (distill, "distill"),
    "aiohttp": (aiohttp, "aiohttp"),
    "distilabel": (distilabel, "distilabel"),
    "curator": (curator, "bespokelabs-curator"),
    "datatrove": (datatrove, "datatrove"),
    "data-designer": (data_designer, "data-designer"),
}
"""By name: how it is run, and the package whose version is told."""


def texts(prompts: Path) -> Iterator[str]:
    """What is asked."""
    for line in prompts.read_text().splitlines():
        yield json.loads(line)["prompt"]


def main() -> None:
    """Run one system, and tell what it took."""
    name, prompts, url, out, concurrency, *policy = sys.argv[1:]
    run, package = SYSTEMS[name]
    run(Task(Path(prompts), url, Path(out), int(concurrency), *policy))
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found = {
        "own_s": own.ru_utime + own.ru_stime,
        "children_s": children.ru_utime + children.ru_stime,
        "rss_mb": own.ru_maxrss / 1024,
        "version": metadata.version(package),
    }
    print("\n" + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()

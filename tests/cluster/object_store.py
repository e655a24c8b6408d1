"""Servers of S3 and of Google Cloud Storage on loopback, with a proxy before them that fails as object stores do."""

import asyncio
import contextlib
import gc
import random
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.hub import TOKEN, Hub, Repo
from tests.sampling.test_generate import free_port

BUCKET = "traces"
SLOW_DOWN = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Proxy:
    """Passes connections on to a server. `is_faulty` makes some of them fail: an error 503, a reset, a delay."""

    def __init__(self, port: int, num_good: int = 3, seed: int = 0) -> None:
        self._port = port
        self._fates = ["503", "reset", "slow"] + num_good * [""]
        self._random = random.Random(seed)
        self.is_faulty = False
        self.num_faults = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(2**16)
        fault = self._random.choice(self._fates) if self.is_faulty else ""
        self.num_faults += bool(fault)
        if not head:  # a connection that was opened and not used; a server of one thread would wait for it
            pass
        elif fault == "503":
            writer.write(SLOW_DOWN)
            await writer.drain()
        elif fault == "reset":
            writer.transport.abort()
        else:
            await asyncio.sleep(0.3 if fault == "slow" else 0.0)
            await self._pass_on(head, reader, writer)

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._port)
        async with _closing(server_writer):
            server_writer.write(head)
            there = asyncio.create_task(_pump(reader, server_writer))
            await _pump(server_reader, writer)
            there.cancel()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()


@contextlib.asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Leaves no open socket to the garbage collector, which would blame a later test, even where it is cancelled."""
    try:
        yield
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


@contextmanager
def amazon_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Proxy]]:
    """An empty bucket as `s3://…`, which the environment leads to through the proxy."""
    import boto3
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    port = server.get_host_and_port()[1]
    proxy = Proxy(port)
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", **keys).create_bucket(Bucket=BUCKET)
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test"), ("AWS_DEFAULT_REGION", "us-east-1"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()  # one would keep the address of an earlier test's server
    with _running(proxy.serve) as proxy_port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy_port}")
        yield f"s3://{BUCKET}/run", proxy
    server.stop()
    s3fs.S3FileSystem.clear_instance_cache()
    gc.collect()  # its sockets go here, where the test that left them open is still answerable for them


@contextmanager
def google_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Proxy]]:
    """As `amazon_store`, for `gs://…`; workers in processes of their own are led there too."""
    import fsspec.config
    from gcp_storage_emulator.server import create_server

    port = free_port()
    server = create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET)
    server.start()
    proxy = Proxy(port, num_good=9)  # gcsfs waits a second or more before it tries again
    # Left to itself gcsfs asks by gRPC what kind of bucket it is, which the emulator does not speak.
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    monkeypatch.setenv("FSSPEC_GS_TOKEN", "anon")  # read as fsspec is imported, which is over here
    monkeypatch.setitem(fsspec.config.conf, "gs", {"token": "anon"})
    with _running(proxy.serve) as proxy_port:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{proxy_port}")
        import gcsfs

        gcsfs.GCSFileSystem.clear_instance_cache()
        yield f"gs://{BUCKET}/run", proxy
    server.stop()
    gcsfs.GCSFileSystem.clear_instance_cache()
    gc.collect()


@contextmanager
def hub_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Proxy]]:
    """As `amazon_store`, for `hf://…`: a dataset repository of our stand-in for the Hub."""
    from huggingface_hub import HfFileSystem, constants

    hub = Hub()
    hub.repos[f"datasets/me/{BUCKET}"] = Repo(is_private=True)
    with hub.running():
        proxy = Proxy(int(hub.url.rpartition(":")[2]), num_good=17)  # its client, too, waits a second or more
        with _running(proxy.serve) as port:
            hub.url = f"http://127.0.0.1:{port}"
            template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, hub.url)
            monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
            monkeypatch.setattr(constants, "ENDPOINT", hub.url)
            monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
            monkeypatch.setattr(constants, "HF_TOKEN_PATH", "/nonexistent")
            monkeypatch.setenv("HF_TOKEN", TOKEN)
            monkeypatch.setenv("HF_ENDPOINT", hub.url)
            HfFileSystem.clear_instance_cache()
            yield f"hf://datasets/me/{BUCKET}/run", proxy
    HfFileSystem.clear_instance_cache()
    gc.collect()


@contextmanager
def _running(serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> Iterator[int]:
    loop, ready, over = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    ports: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with _closing(writer):
            await serve(reader, writer)

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await over.wait()
        server.close()
        await asyncio.sleep(0)  # each connection that was accepted has its task now, and each task has begun
        await asyncio.sleep(0)
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    ready.wait()
    try:
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()

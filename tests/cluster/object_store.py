"""Servers of S3 and of Google Cloud Storage on loopback, with a proxy before them that fails as object stores do."""

import contextlib
import gc
import random
import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingTCPServer

import pytest

from tests.hub.repo import Repo
from tests.hub.server import TOKEN, Hub
from tests.sampling.test_generate import free_port

BUCKET = "traces"
SLOW_DOWN = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
STUCK_S = 30
"""How long a peer may take no byte, before its connection is given up."""


class Proxy:
    """Passes connections on to a server. `is_faulty` makes some of them fail: an error 503, a reset, a delay."""

    def __init__(self, port: int, num_good: int = 3, seed: int = 0) -> None:
        self._port = port
        self._fates = ["503", "reset", "slow"] + num_good * [""]
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self.is_faulty = False
        self.num_faults = 0

    @contextmanager
    def running(self) -> Iterator[int]:
        """Answers on the port that is given; at the end its connections are over and closed, however far they were."""
        over, end = socket.socketpair()
        with over, ThreadingTCPServer(("127.0.0.1", 0), lambda client, *_: self._serve(over, client)) as server:  # type: ignore[arg-type]
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            try:
                yield server.server_address[1]
            finally:
                end.close()
                server.shutdown()
                thread.join()

    def _serve(self, over: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            client.settimeout(STUCK_S)
            if _wait_for([client, over]) != [client] or not (head := client.recv(2**16)):
                return  # opened and not used; a server of one thread would wait for it
            fault = self._fate()
            if fault == "503":
                client.sendall(SLOW_DOWN)
            elif fault == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            else:
                time.sleep(0.3 if fault == "slow" else 0.0)
                with socket.create_connection(("127.0.0.1", self._port), STUCK_S) as server:
                    server.sendall(head)
                    _relay(client, server, over)

    def _fate(self) -> str:
        with self._lock:
            fault = self._random.choice(self._fates) if self.is_faulty else ""
            self.num_faults += bool(fault)
            return fault


def _relay(client: socket.socket, server: socket.socket, over: socket.socket) -> None:
    """Pass on what either says, until one of them has ended or all is over."""
    other = {client: server, server: client}
    while over not in (ready := _wait_for([client, server, over])):
        for sender in ready:
            if not (data := sender.recv(2**16)):
                return
            other[sender].sendall(data)


def _wait_for(sockets: list[socket.socket]) -> list[socket.socket]:
    """Those of the sockets that have something to read, or an end."""
    with selectors.DefaultSelector() as selector:
        for each in sockets:
            selector.register(each, selectors.EVENT_READ)
        ready = {key.fd for key, _ in selector.select()}
        return [each for each in sockets if each.fileno() in ready]


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
    with proxy.running() as proxy_port:
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
    with proxy.running() as proxy_port:
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
        with proxy.running() as port:
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

"""A stand-in for the Hugging Face Hub: the endpoints that the real client uses to push, over a dictionary."""

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import yaml
from aiohttp import web

TOKEN = "hf_a_secret_that_must_not_be_printed"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Trouble = Callable[[web.Request], web.StreamResponse | None]


@dataclass
class Repo:
    is_private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=lambda: [hashlib.sha1(b"").hexdigest()])
    tags: dict[str, str] = field(default_factory=dict)
    branches: set[str] = field(default_factory=lambda: {"main"})


class Hub:
    """`url` answers while the context manager `running` is entered; `repos` is what it holds."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.num_uploads = 0
        self.url = ""
        self.trouble: Trouble = lambda _: None

    def repo(self, request: web.Request) -> Repo:
        found = self.repos.get(f"{request.match_info['kind']}/{self._name(request)}")
        if found is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RepoNotFound"}, text="{}")
        return found

    def _name(self, request: web.Request) -> str:
        return f"{request.match_info['owner']}/{request.match_info['name']}"

    async def create(self, request: web.Request) -> web.Response:
        body = await request.json()
        owner = body.get("organization") or "me"
        if owner != "me":
            raise web.HTTPForbidden(text='{"error": "not yours"}')
        kind = body.get("type", "model") + "s"
        name = f"{owner}/{body['name']}"
        prefix = "datasets/" if kind == "datasets" else ""
        reply = {"url": f"{self.url}/{prefix}{name}", "name": name, "id": "1"}
        if f"{kind}/{name}" in self.repos:
            return web.json_response(reply | {"error": "exists"}, status=409)
        is_private = body.get("private") or body.get("visibility") == "private"
        self.repos[f"{kind}/{name}"] = Repo(is_private=bool(is_private))
        return web.json_response(reply)

    async def info(self, request: web.Request) -> web.Response:
        repo = self.repo(request)
        siblings = [{"rfilename": name} for name in repo.files]
        reply = {"id": self._name(request), "sha": repo.commits[-1], "siblings": siblings, "private": repo.is_private}
        reply["cardData"] = yaml.safe_load(repo.files.get("README.md", b"").partition(b"---")[2].partition(b"\n---")[0])
        return web.json_response(reply | {"tags": [], "downloads": 0, "likes": 0, "disabled": False, "gated": False})

    async def tree(self, request: web.Request) -> web.Response:
        """Files and folders below a folder, or right in it."""
        repo, folder = self.repo(request), request.match_info.get("folder", "")
        prefix = f"{folder}/" if folder else ""
        below = [name.removeprefix(prefix) for name in repo.files if name.startswith(prefix)]
        if folder and not below:
            raise web.HTTPNotFound(headers={"X-Error-Code": "EntryNotFound"}, text="{}")
        parents = {str(parent) for name in below for parent in PurePosixPath(name).parents} - {"."}
        found = [self.entry(repo, prefix + name) for name in [*below, *parents]]
        if request.query.get("recursive", "").lower() not in ("true", "1"):
            found = [entry for entry in found if "/" not in str(entry["path"]).removeprefix(prefix)]
        return web.json_response(found)

    def entry(self, repo: Repo, name: str) -> dict[str, object]:
        content = repo.files.get(name)
        about: dict[str, object] = {"path": name, "oid": hashlib.sha1(content or b"").hexdigest()}
        return about | ({"type": "directory"} if content is None else {"type": "file", "size": len(content)})

    async def resolve(self, request: web.Request) -> web.Response:
        repo = self.repo(request)
        content, commit = repo.files.get(request.match_info["file"]), {"X-Repo-Commit": repo.commits[-1]}
        if content is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "EntryNotFound", **commit}, text="{}")
        part, tag = request.http_range, {"ETag": f'"{hashlib.sha1(content).hexdigest()}"'}
        status = 200 if part == slice(None, None, 1) else 206
        return web.Response(body=content[part], status=status, headers=commit | tag)

    async def refs(self, request: web.Request) -> web.Response:
        repo = self.repo(request)
        tags = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": commit} for tag, commit in repo.tags.items()]
        branches = [{"name": b, "ref": f"refs/heads/{b}", "targetCommit": repo.commits[-1]} for b in repo.branches]
        return web.json_response({"branches": branches, "converts": [], "tags": tags})

    async def tag(self, request: web.Request) -> web.Response:
        self.repo(request).tags[(await request.json())["tag"]] = request.match_info["revision"]
        return web.Response()

    async def branch(self, request: web.Request) -> web.Response:
        self.repo(request).branches.add(request.match_info["revision"])
        return web.Response()

    async def preupload(self, request: web.Request) -> web.Response:
        files = (await request.json())["files"]
        modes = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith((".parquet", ".safetensors")) else "regular",
                "shouldIgnore": False,
            }
            for file in files
        ]
        return web.json_response({"files": modes})

    async def validate(self, request: web.Request) -> web.Response:
        """The client has the card's YAML checked before it commits."""
        is_wrong = "license: none of them" in (await request.json())["content"]
        errors = [{"message": '"license" must be one of many'}] if is_wrong else []
        return web.json_response({"errors": errors, "warnings": []}, status=400 if is_wrong else 200)

    async def batch(self, request: web.Request) -> web.Response:
        objects = []
        for wanted in (await request.json())["objects"]:
            actions = {"upload": {"href": f"{self.url}/blob/{wanted['oid']}"}}
            known = wanted["oid"] in self.blobs
            objects.append(wanted if known else wanted | {"actions": actions})
        return web.json_response({"transfer": "basic", "objects": objects})

    async def blob(self, request: web.Request) -> web.Response:
        content = await request.read()
        assert hashlib.sha256(content).hexdigest() == request.match_info["oid"]
        self.blobs[request.match_info["oid"]] = content
        self.num_uploads += 1
        return web.Response()

    async def commit(self, request: web.Request) -> web.Response:
        repo = self.repo(request)
        for line in (await request.text()).splitlines():
            value = json.loads(line)
            match value["key"]:
                case "file":
                    repo.files[value["value"]["path"]] = base64.b64decode(value["value"]["content"])
                case "lfsFile":
                    repo.files[value["value"]["path"]] = self.blobs[value["value"]["oid"]]
                case "deletedFile":
                    repo.files.pop(value["value"]["path"])
        repo.commits.append(hashlib.sha1(str(len(repo.commits)).encode()).hexdigest())
        url = f"{self.url}/{self._name(request)}/commit/{repo.commits[-1]}"
        return web.json_response({"commitUrl": url, "commitOid": repo.commits[-1], "success": True})

    def app(self) -> web.Application:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            trouble = self.trouble(request)
            if trouble is not None:
                return trouble
            if not request.path.startswith("/blob") and request.headers.get("Authorization") != f"Bearer {TOKEN}":
                return web.json_response({"error": "Invalid credentials"}, status=401)
            reply = await handler(request)
            reply.force_close()  # so that a proxy before it decides on every request
            return reply

        app = web.Application(middlewares=[guard], client_max_size=2**30)
        own = "/api/{kind:datasets|models}/{owner}/{name}"
        app.add_routes(
            [
                web.post("/api/repos/create", self.create),
                web.post("/api/validate-yaml", self.validate),
                web.get(own, self.info),
                web.get(own + "/revision/{revision}", self.info),
                web.get(own + "/tree/{revision}", self.tree),
                web.get(own + "/tree/{revision}/{folder:.+}", self.tree),
                web.get("/{kind:datasets}/{owner}/{name}/resolve/{revision}/{file:.+}", self.resolve),
                web.get(own + "/refs", self.refs),
                web.post(own + "/tag/{revision}", self.tag),
                web.post(own + "/branch/{revision}", self.branch),
                web.post(own + "/preupload/{revision}", self.preupload),
                web.post(own + "/commit/{revision}", self.commit),
                web.post("/{kind:datasets}/{owner}/{name}.git/info/lfs/objects/batch", self.batch),
                web.post("/{owner}/{name}.git/info/lfs/objects/batch", self.batch),
                web.put("/blob/{oid}", self.blob),
            ]
        )
        return app

    @contextmanager
    def running(self) -> Iterator["Hub"]:
        loop = asyncio.new_event_loop()
        runner = web.AppRunner(self.app(), shutdown_timeout=0)
        ready = threading.Event()

        async def start() -> None:
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            assert site._server is not None
            port = site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
            self.url = f"http://127.0.0.1:{port}"
            ready.set()

        def serve() -> None:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(start())
            loop.run_forever()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        ready.wait()
        try:
            yield self
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()

"""A stand-in for the Hugging Face Hub: the endpoints that the real client uses to push and pull, over a dictionary."""

import asyncio
import base64
import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath

import yaml
from aiohttp import web

from tests.hub.repo import LARGE, Repo, blob_id, sha256
from tests.hub.xet import Cas, drained

TOKEN = "hf_a_secret_that_must_not_be_printed"
OWNERS = ("me", "team")
"""Whose repositories the token may write."""
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Trouble = Callable[[web.Request], web.StreamResponse | None]


def refusal(status: int, words: str, code: str = "") -> web.Response:
    """An error as the Hub words it: in headers, which the client reads first, and as JSON."""
    headers = {"X-Error-Message": words} | ({"X-Error-Code": code} if code else {})
    return web.json_response({"error": words}, status=status, headers=headers)


class Hub:
    """`url` answers while the context manager `running` is entered; `repos` is what it holds."""

    def __init__(self) -> None:
        self.url = ""
        self.num_resets = 0
        self.reset()

    def reset(self) -> None:
        """An empty Hub without troubles."""
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.num_uploads = 0
        self.log: list[str] = []
        self.trouble: Trouble = lambda _: None
        self.is_lost: Callable[[web.Request], bool] = lambda _: False
        """Whether the answer to what was done never arrives."""
        self.visibilities: dict[str, str] = {}
        """What the settings of an owner make of new repositories."""
        self.cas = Cas(self.blobs)
        self.num_resets += 1

    def repo(self, request: web.Request) -> Repo:
        found = self.repos.get(f"{request.match_info.get('kind', 'models')}/{self._name(request)}")
        is_known = request.headers.get("Authorization") == f"Bearer {TOKEN}"
        if found is None or (found.is_private and not is_known):
            status = web.HTTPNotFound if is_known else web.HTTPUnauthorized
            raise status(headers={"X-Error-Code": "RepoNotFound"}, text="{}")
        return found

    def _name(self, request: web.Request) -> str:
        return f"{request.match_info['owner']}/{request.match_info['name']}"

    def _files(self, request: web.Request) -> tuple[Repo, str, dict[str, bytes]]:
        repo = self.repo(request)
        commit = repo.commit_of(request.match_info.get("revision", "main"))
        if commit is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "RevisionNotFound"}, text="{}")
        return repo, commit, repo.trees[commit]

    async def whoami(self, request: web.Request) -> web.Response:
        return web.json_response({"type": "user", "name": "me", "orgs": [{"name": "team"}], "auth": {}})

    async def may_write(self, request: web.Request) -> web.Response:
        self.repo(request)
        return web.Response() if request.match_info["owner"] in OWNERS else refusal(403, "Forbidden: you may not write")

    async def create(self, request: web.Request) -> web.Response:
        body = await request.json()
        owner = body.get("organization") or "me"
        if owner not in OWNERS:
            return refusal(403, f"You don't have the rights to create a dataset under the namespace {owner!r}")
        kind = body.get("type", "model") + "s"
        name = f"{owner}/{body['name']}"
        prefix = "datasets/" if kind == "datasets" else ""
        reply = {"url": f"{self.url}/{prefix}{name}", "name": name, "id": "1"}
        if f"{kind}/{name}" in self.repos:
            return web.json_response(reply | {"error": "exists"}, status=409)
        visibility = self.visibilities.get(owner) or body.get("visibility") or "public"
        self.repos[f"{kind}/{name}"] = Repo(visibility == "private", {".gitattributes": b"*.parquet filter=lfs\n"})
        return web.json_response(reply)

    async def settings(self, request: web.Request) -> web.Response:
        self.repo(request).is_private = (await request.json())["visibility"] == "private"
        return web.json_response({})

    async def info(self, request: web.Request) -> web.Response:
        repo, commit, files = self._files(request)
        reply = {"id": self._name(request), "sha": commit, "siblings": [{"rfilename": name} for name in files]}
        reply["cardData"] = yaml.safe_load(files.get("README.md", b"").partition(b"---")[2].partition(b"\n---")[0])
        access = {"private": repo.is_private, "gated": repo.gated}
        return web.json_response(reply | access | {"tags": [], "downloads": 0, "likes": 0, "disabled": False})

    async def tree(self, request: web.Request) -> web.Response:
        """Files and folders below a folder, or right in it."""
        _, _, files = self._files(request)
        folder = request.match_info.get("folder", "")
        prefix = f"{folder}/" if folder else ""
        below = [name.removeprefix(prefix) for name in files if name.startswith(prefix)]
        if folder and not below:
            raise web.HTTPNotFound(headers={"X-Error-Code": "EntryNotFound"}, text="{}")
        parents = {str(parent) for name in below for parent in PurePosixPath(name).parents} - {"."}
        found = [self.entry(files, prefix + name) for name in [*below, *parents]]
        if request.query.get("recursive", "").lower() not in ("true", "1"):
            found = [entry for entry in found if "/" not in str(entry["path"]).removeprefix(prefix)]
        return web.json_response(found)

    def entry(self, files: dict[str, bytes], name: str) -> dict[str, object]:
        content = files.get(name)
        if content is None:
            return {"path": name, "oid": blob_id(name.encode()), "type": "directory"}
        about: dict[str, object] = {"path": name, "oid": blob_id(content), "type": "file", "size": len(content)}
        if name.endswith(LARGE) and content:
            lfs = {"oid": sha256(content), "size": len(content), "pointerSize": 130}
            about |= {"oid": blob_id(sha256(content).encode()), "lfs": lfs} | self.cas.about(content)
        return about

    async def resolve(self, request: web.Request) -> web.Response:
        repo, commit, files = self._files(request)
        headers = {"X-Repo-Commit": commit}
        if repo.gated and request.match_info["owner"] not in OWNERS:
            return refusal(403, "Access to this dataset is restricted", "GatedRepo")
        content = files.get(request.match_info["file"])
        if content is None:
            raise web.HTTPNotFound(headers={"X-Error-Code": "EntryNotFound", **headers}, text="{}")
        kind, name = request.match_info.get("kind", "models"), self._name(request)
        headers |= self.cas.headers(content, f"{self.url}/api/{kind}/{name}/xet-read-token/{commit}")
        part = request.http_range
        status = 200 if part == slice(None, None, 1) else 206
        return web.Response(body=content[part], status=status, headers=headers | {"ETag": f'"{blob_id(content)}"'})

    async def refs(self, request: web.Request) -> web.Response:
        repo = self.repo(request)
        tags = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": commit} for tag, commit in repo.tags.items()]
        heads = [{"name": name, "ref": f"refs/heads/{name}", "targetCommit": to} for name, to in repo.heads.items()]
        return web.json_response({"branches": heads, "converts": [], "tags": tags})

    async def tag(self, request: web.Request) -> web.Response:
        self.repo(request).tags[(await request.json())["tag"]] = request.match_info["revision"]
        return web.Response()

    async def branch(self, request: web.Request) -> web.Response:
        repo = self.repo(request)
        repo.heads.setdefault(request.match_info["revision"], repo.heads["main"])
        return web.Response()

    async def preupload(self, request: web.Request) -> web.Response:
        _, _, files = self._files(request)
        found = []
        for file in (await request.json())["files"]:
            there, is_large = files.get(file["path"]), file["path"].endswith(LARGE)
            oid = {} if there is None else {"oid": sha256(there) if is_large else blob_id(there)}
            mode = {"uploadMode": "lfs" if is_large else "regular", "shouldIgnore": False}
            found.append({"path": file["path"], **mode, **oid})
        return web.json_response({"files": found})

    async def validate(self, request: web.Request) -> web.Response:
        """The card's YAML is checked before it is committed."""
        is_wrong = "pretty_name: 7" in (await request.json())["content"]
        errors = [{"message": '"pretty_name" must be a string'}] if is_wrong else []
        return web.json_response({"errors": errors, "warnings": []}, status=400 if is_wrong else 200)

    async def batch(self, request: web.Request) -> web.Response:
        objects = []
        for wanted in (await request.json())["objects"]:
            actions = {"upload": {"href": f"{self.url}/blob/{wanted['oid']}"}}
            known = wanted["oid"] in self.blobs
            objects.append(wanted if known else wanted | {"actions": actions})
        return web.json_response({"transfer": "basic", "objects": objects})

    async def blob(self, request: web.Request) -> web.Response:
        content = await drained(request, self.cas.pause_s)
        assert sha256(content) == request.match_info["oid"]
        self.blobs[request.match_info["oid"]] = content
        self.num_uploads += 1
        return web.Response()

    async def commit(self, request: web.Request) -> web.Response:
        repo, head, _ = self._files(request)
        changes: dict[str, bytes | None] = {}
        for line in (await request.text()).splitlines():
            value = json.loads(line)
            match value["key"]:
                case "header" if value["value"].get("parentCommit", head) != head:
                    return refusal(412, "A commit has happened since. Please refresh and try again.")
                case "file":
                    changes[value["value"]["path"]] = base64.b64decode(value["value"]["content"])
                case "lfsFile":
                    changes[value["value"]["path"]] = self.blobs[value["value"]["oid"]]
                case "deletedFile":
                    changes[value["value"]["path"]] = None
        made = repo.commit(changes, request.match_info["revision"])
        url = f"{self.url}/{self._name(request)}/commit/{made}"
        return web.json_response({"commitUrl": url, "commitOid": made, "success": True})

    async def xet_token(self, request: web.Request) -> web.Response:
        self.repo(request)
        return self.cas.token(f"{self.url}/cas")

    async def xet(self, request: web.Request) -> web.StreamResponse:
        return await self.cas.answer(request, self.url)

    def app(self) -> web.Application:
        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.log.append(f"{request.method} {request.path}")
            trouble = self.trouble(request)
            if trouble is not None:
                return trouble
            given = request.headers.get("Authorization")
            is_open = request.path.startswith(("/blob", "/cas")) or (
                given is None and request.method in ("GET", "HEAD")
            )
            if not is_open and given != f"Bearer {TOKEN}":
                return refusal(401, "Invalid credentials in Authorization header")
            reply = await handler(request)
            if self.is_lost(request) and request.transport is not None:
                request.transport.close()
            reply.force_close()  # so that a proxy before it decides on every request
            return reply

        app = web.Application(middlewares=[guard], client_max_size=2**30)
        own, data, model = (
            "/api/{kind:datasets|models}/{owner}/{name}",
            "/{kind:datasets}/{owner}/{name}",
            "/{owner}/{name}",
        )
        app.add_routes(
            [
                web.get("/api/whoami-v2", self.whoami),
                web.post("/api/repos/create", self.create),
                web.post("/api/validate-yaml", self.validate),
                web.get(own, self.info),
                web.get(own + "/auth-check/write", self.may_write),
                web.put(own + "/settings", self.settings),
                web.get(own + "/revision/{revision}", self.info),
                web.get(own + "/tree/{revision}", self.tree),
                web.get(own + "/tree/{revision}/{folder:.+}", self.tree),
                web.get(own + "/xet-{way:read|write}-token/{revision}", self.xet_token),
                web.get(data + "/resolve/{revision}/{file:.+}", self.resolve),
                web.get(model + "/resolve/{revision}/{file:.+}", self.resolve),
                web.get(own + "/refs", self.refs),
                web.post(own + "/tag/{revision}", self.tag),
                web.post(own + "/branch/{revision}", self.branch),
                web.post(own + "/preupload/{revision}", self.preupload),
                web.post(own + "/commit/{revision}", self.commit),
                web.post(data + ".git/info/lfs/objects/batch", self.batch),
                web.post(model + ".git/info/lfs/objects/batch", self.batch),
                web.put("/blob/{oid}", self.blob),
                web.route("*", "/cas/{path:.+}", self.xet),
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

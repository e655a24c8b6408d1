"""An application of Ray Serve as a roster: the proxies that take its requests, one a node.

Ray's dashboard tells of them at `GET /api/serve/applications/`; its answer is Ray's `ServeInstanceDetails`, of which
only what is read here is checked, so that fields may come and go with Ray's versions.
"""

import os
from typing import NamedTuple

import aiohttp
from pydantic import BaseModel, ValidationError

from distill.errors import TeacherError
from distill.recipe.sections import DASHBOARD_PORT, SERVE_URL
from distill.teacher.roster.named import Present

TIMEOUT_S = 10.0
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, never bound
SERVING_STATUS = frozenset({"RUNNING", "DEPLOYING", "UNHEALTHY", "DEPLOY_FAILED"})


class ServeApp(NamedTuple):
    """An application of Ray Serve: where Ray's dashboard answers, and the application's name there."""

    host: str
    port: int
    name: str

    def __str__(self) -> str:
        return f"serve://{self.host}:{self.port}/{self.name}"

    @classmethod
    def parse(cls, place: str) -> "ServeApp | None":
        """Read what a recipe's `endpoints_from` holds; None for the path of a file."""
        match = SERVE_URL.fullmatch(place)
        return None if match is None else cls(match["host"], int(match["port"] or DASHBOARD_PORT), match["name"])


class Proxy(BaseModel):
    """Takes requests on one node."""

    node_ip: str | None = None
    status: str


class HttpOptions(BaseModel):
    """Where each proxy listens; Ray leaves out what nobody has set."""

    host: str = "0.0.0.0"  # noqa: S104 - Ray's own default
    port: int = 8000


class Replica(BaseModel):
    """A process of a deployment."""

    state: str


class Deployment(BaseModel):
    """A part of an application."""

    replicas: tuple[Replica, ...] = ()


class Application(BaseModel):
    """What answers under a prefix."""

    status: str
    route_prefix: str | None = None
    deployments: dict[str, Deployment] = {}

    @property
    def is_serving(self) -> bool:
        """It runs; or it is updated or repaired, and every part of it has a replica that runs meanwhile."""
        parts = self.deployments.values()
        has_replicas = bool(parts) and all(any(each.state == "RUNNING" for each in part.replicas) for part in parts)
        return self.status == "RUNNING" or (self.status in SERVING_STATUS and has_replicas)


class Instance(BaseModel):
    """Ray Serve on one cluster."""

    http_options: HttpOptions | None = None
    proxies: dict[str, Proxy]
    applications: dict[str, Application]

    def present(self, name: str) -> Present:
        """The base URLs of an application; none while it does not serve."""
        application = self.applications.get(name)
        if application is None:
            return Present((), f"no application {name!r} is there, only {', '.join(self.applications) or 'none'}")
        if not application.is_serving:
            return Present((), f"the application is {application.status}")
        if application.route_prefix is None:
            return Present((), "the application has no route_prefix, so that no proxy leads to it")
        prefix = application.route_prefix.rstrip("/")
        hosts = [self._host(proxy.node_ip) for proxy in self.proxies.values() if proxy.status == "HEALTHY"]
        urls = (f"http://{host}:{self._options.port}{prefix}/v1" for host in hosts if host)
        return Present(tuple(dict.fromkeys(urls)), "" if hosts else "no proxy is HEALTHY")

    @property
    def _options(self) -> HttpOptions:
        return self.http_options or HttpOptions()

    def _host(self, node_ip: str | None) -> str | None:
        """A proxy that listens on one address only, as on loopback, is reached there."""
        host = node_ip if self._options.host in EVERYWHERE else self._options.host
        return f"[{host}]" if host and ":" in host else host


class ServeRoster:
    """Asks the dashboard anew each time. A cluster's token is taken from the environment: `RAY_AUTH_TOKEN`."""

    def __init__(self, app: ServeApp) -> None:
        self._app = app
        self._url = f"http://{app.host}:{app.port}/api/serve/applications/"

    def __str__(self) -> str:
        return str(self._app)

    async def read(self) -> Present:
        """As `Roster` has it."""
        status, body = await self._get()
        if status in (401, 403):
            raise TeacherError(
                f"{self._url} refuses (HTTP {status}); put the cluster's token into RAY_AUTH_TOKEN. On the cluster, "
                "`ray get-auth-token` prints it."
            )
        try:
            return Instance.model_validate_json(body).present(self._app.name)
        except ValidationError:
            shown = " ".join(body[:200].decode(errors="replace").split())
            raise TeacherError(
                f"{self._url} does not tell of Ray Serve's applications (HTTP {status}: {shown}). Name the address of "
                "Ray's dashboard, usually HEAD:8265, on a cluster with ray[serve]."
            ) from None

    async def _get(self) -> tuple[int, bytes]:
        token = os.environ.get("RAY_AUTH_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
                session.get(self._url) as reply,
            ):
                return reply.status, await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TeacherError(
                f"No dashboard of Ray answers at {self._url} ({str(error) or type(error).__name__}). Start it there, "
                "or name its address, usually HEAD:8265."
            ) from None

"""The first rows of a dataset of traces ─▶ which column plays which role in it."""

from distill.audit.roles.recognise import find_roles
from distill.audit.roles.roles import Roles, TraceColumns

__all__ = ["Roles", "TraceColumns", "find_roles"]

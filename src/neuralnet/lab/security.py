"""Who may talk to the lab: checks of Host, Origin and token, and the headers of each response."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "neuralnet_lab"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Middleware that refuses requests from other sites and without the token.

    Parameters
    ----------
    app : ASGI application
        The lab.
    hosts : iterable of str
        Values of the header Host that are served; a page of another site that points its own name
        to this machine sends its own (DNS rebinding). Empty to serve any, which needs a token.
    token : str or None
        Secret that the first address must contain, and the browser's cookie afterwards.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], token: str | None) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookie = ""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                added = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    added[name] = value
                if cookie:
                    added["Set-Cookie"] = cookie
            await send(message)

        reason = self._reason_to_refuse(headers)
        if not reason and self._token is not None:
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
            if self._fits(given):
                cookie = f"{COOKIE}={self._token}; HttpOnly; SameSite=Strict; Path=/"
            elif not self._fits(_cookie(headers)):
                reason = "This lab needs the token: open the address that `neuralnet lab` printed."
        if reason:
            await PlainTextResponse(reason, 403)(scope, receive, with_headers)
        else:
            await self._app(scope, receive, with_headers)

    def _reason_to_refuse(self, headers: Headers) -> str:
        host, origin = headers.get("host", ""), headers.get("origin")
        if self._hosts and host not in self._hosts:
            return f"The lab does not answer to the host {host[:80]!r}; open the printed address."
        if origin is not None and urlsplit(origin)[:2] != ("http", host):
            return f"The lab does not answer to pages of {origin[:80]!r}."
        return ""

    def _fits(self, given: str) -> bool:
        assert self._token is not None  # noqa: S101
        return secrets.compare_digest(given.encode(), self._token.encode())


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""

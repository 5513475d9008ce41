"""A script for mitmdump: every name leads to one address on this machine, and each request that could be
read is a line of JSON: its path, the length and the SHA-256 of its body."""

import hashlib
import json
import os

from mitmproxy import http
from mitmproxy.proxy import server_hooks

TO = ("127.0.0.1", int(os.environ["INSPECTED_PORT"]))
OUT = os.environ["INSPECTED_OUT"]


def server_connect(data: server_hooks.ServerConnectionHookData) -> None:
    data.server.address = TO
    data.server.sni = "localhost"


def request(flow: http.HTTPFlow) -> None:
    body = flow.request.raw_content or b""
    line = {
        "host": flow.request.host_header,
        "path": flow.request.path,
        "bytes": len(body),
        "digest": hashlib.sha256(body).hexdigest(),
        "text": body.decode("utf-8", "replace") if len(body) < 4096 else "",
    }
    with open(OUT, "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")

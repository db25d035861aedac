"""A WebSocket's handshake by hand: what the server's HTTP says to it."""

import http.client
from urllib.parse import urlsplit

from . import DEADLINE
from .scene import aside

UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


async def status(server, path="/v1/socket", headers=UPGRADE, **more):
    """The status of the answer; MORE: further headers, with _ for -."""
    headers = headers | {name.replace("_", "-"): value for name, value in more.items()}

    def ask():
        connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=DEADLINE)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse().status
        connection.close()
        return answer

    return await aside(ask)

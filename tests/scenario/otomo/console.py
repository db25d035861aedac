"""The console's door, as a browser uses it: its page, and the admin API with a pass."""

import json
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from . import DEADLINE


class Console:
    """The door of a server with admin.listen, and a pass of otomoctl's."""

    def __init__(self, server):
        url = urlsplit(server.ctl("console").strip())
        self.address = f"{url.scheme}://{url.netloc}"
        self.path = url.path
        self.pass_ = url.fragment.removeprefix("pass=")

    def ask(self, path, method="GET", pass_=None, headers=None):
        """Status, headers and body; PASS_: another one than ours, "" for none."""
        pass_ = self.pass_ if pass_ is None else pass_
        sent = {**({"Authorization": f"Bearer {pass_}"} if pass_ else {}), **(headers or {})}
        request = urllib.request.Request(self.address + path, method=method, headers=sent)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def json(self, path, **how):
        """Status, and the answer."""
        status, _, body = self.ask(path, **how)
        return status, json.loads(body)

"""A consumer by the library `websockets`, once: connects, reads, and prints what it saw as one line of JSON.

Its argument is an object:

    uri           where to connect
    unix          the path of a Unix domain socket to connect through
    headers       more headers, as pairs
    maxSize       the most bytes of a message; null: any number
    deflate       null: not offered; else the parameters to offer, by the library's names
    subprotocols  those to offer
    until         the tag of the last message to read
    send          texts to send first
    pings         how many pings to send, each answered before the next one
    code          the close code to end with

What it prints: {"status"} if it was refused, with "body" and "headers"; else {"extensions", "subprotocol",
"count", "sha256", "bytes", "frames", "largestFrame", "pongs", "code", "reason", "sentCode"}, of which `sha256`
is that of all messages, each with a newline; it and `bytes` leave out the last message, which has the time of day.
"""

import hashlib
import json
import sys

from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.sync.client import connect, unix_connect

order = json.loads(sys.argv[1])
options = {
    "additional_headers": order.get("headers", []),
    "max_size": order.get("maxSize"),
    "subprotocols": order.get("subprotocols"),
    "compression": None,
    "open_timeout": 60,
    "close_timeout": 60,
    "ping_interval": None,
    "proxy": None,
}
if order.get("deflate") is not None:
    options["extensions"] = [ClientPerMessageDeflateFactory(**order["deflate"])]


def opened():
    if "unix" in order:
        return unix_connect(order["unix"], order["uri"], **options)
    return connect(order["uri"], **options)


seen = {"count": 0, "bytes": 0, "frames": 0, "largestFrame": 0, "pongs": 0}
digest = hashlib.sha256()
try:
    client = opened()
except InvalidStatus as refusal:
    response = refusal.response
    seen = {
        "status": response.status_code,
        "body": (response.body or b"").decode(),
        "headers": {name.lower(): value for name, value in response.headers.raw_items()},
    }
    print(json.dumps(seen))
    sys.exit(0)
seen["extensions"] = client.response.headers.get("Sec-WebSocket-Extensions")
seen["subprotocol"] = client.subprotocol
try:
    for text in order.get("send", []):
        client.send(text)
    while True:
        frames = list(client.recv_streaming())
        text = "".join(frames)
        seen["count"] += 1
        seen["frames"] += len(frames)
        seen["largestFrame"] = max(
            seen["largestFrame"], *(len(frame.encode()) for frame in frames)
        )
        if json.loads(text)["tag"] == order["until"]:
            break
        seen["bytes"] += len(text.encode())
        digest.update(text.encode() + b"\n")
    for _ in range(order.get("pings", 0)):
        seen["pongs"] += client.ping().wait(60)
    client.close(order.get("code", 1000))
except ConnectionClosed:
    pass
seen["sha256"] = digest.hexdigest()
received, sent = client.protocol.close_rcvd, client.protocol.close_sent
seen["code"] = received.code if received else None
seen["reason"] = received.reason if received else None
seen["sentCode"] = sent.code if sent else None
print(json.dumps(seen))

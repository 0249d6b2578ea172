"""A chat server that answers every call after a fixed delay, at little cost of its own.

Speaks just enough HTTP/1.1 for a client that keeps connections and sends one call at a time on
each. `python bench/delayed_server.py 0.05` prints its port and serves until its stdin closes.
"""

import asyncio
import json
import re
import sys
import zlib

LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)


def reply(label: str) -> bytes:
    body = json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": label},
                    "finish_reason": "stop",
                }
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


REPLIES = (reply("positive"), reply("negative"))


class Chat(asyncio.Protocol):
    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            found = LENGTH.search(self.buffer, 0, end)
            size = end + 4 + (int(found.group(1)) if found else 0)
            if len(self.buffer) < size:
                return
            body, self.buffer = self.buffer[end + 4 : size], self.buffer[size:]
            self.received(body)
            answer = REPLIES[zlib.crc32(body[-200:]) % 2]
            asyncio.get_running_loop().call_later(self.delay, self.answer, answer)

    def received(self, body: bytes) -> None:
        """What a bench that watches what is sent may do with it."""

    def answer(self, content: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(content)


async def serve(delay: float, chat: type[Chat] = Chat) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: chat(delay), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))

"""A WebSocket server that echoes, and a client that sends and hears, over Python's websockets."""

import asyncio
import json
import sys

import websockets

MOST_BYTES = 4 * 1024 * 1024


async def serve(compression):
    async def echo(connection, *_):
        async for message in connection:
            await connection.send(message)

    async with websockets.serve(
        echo, "127.0.0.1", 0, compression=compression, max_size=MOST_BYTES
    ) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


async def talk(url):
    messages = [
        each["text"] if "text" in each else bytes.fromhex(each["hex"])
        for each in json.load(sys.stdin)
    ]
    heard = []
    async with websockets.connect(url, max_size=MOST_BYTES) as connection:

        async def send():
            for message in messages:
                await connection.send(message)

        sending = asyncio.ensure_future(send())
        for _ in messages:
            message = await connection.recv()
            heard.append({"text": message} if isinstance(message, str) else {"hex": message.hex()})
        await sending
        await connection.close(3000)
        headers = getattr(connection, "response_headers", None)
        if headers is None:
            headers = connection.response.headers
        print(
            json.dumps(
                {
                    "messages": heard,
                    "code": connection.close_code,
                    "extensions": headers.get("Sec-WebSocket-Extensions", ""),
                }
            )
        )


if sys.argv[1] == "serve":
    asyncio.run(serve("deflate" if sys.argv[2] == "deflate" else None))
else:
    asyncio.run(talk(sys.argv[2]))

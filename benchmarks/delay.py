"""A proxy that makes a link long: what goes in comes out half a round trip later, each way.

    python -m benchmarks.delay SECONDS LISTEN:CONNECT [LISTEN:CONNECT …]

All ports are on loopback. Opening a connection costs one round trip before anything passes, as TCP's own handshake
does on a long link. Bandwidth is not limited: what was sent together arrives together.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys

ADDRESS = "127.0.0.1"
CHUNK = 1 << 16


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Carry bytes and the end of file from one end to the other, each chunk `delay` seconds after it was read."""
    clock = asyncio.get_running_loop().time
    queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        data = b"any"
        while data:
            due, data = await queue.get()
            await asyncio.sleep(due - clock())
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async with asyncio.TaskGroup() as group:
        group.create_task(deliver())
        data = b"any"
        while data:
            data = await reader.read(CHUNK)
            queue.put_nowait((clock() + delay, data))


async def serve(listen: int, connect: int, round_trip: float) -> asyncio.Server:
    """Listen on one port and carry each connection to the other."""

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(round_trip)
        far_reader, far_writer = await asyncio.open_connection(ADDRESS, connect)
        for one in (writer, far_writer):
            one.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pipe(reader, far_writer, round_trip / 2))
                group.create_task(pipe(far_reader, writer, round_trip / 2))
        finally:
            far_writer.close()

    async def carry_or_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await carry(reader, writer)
        except* OSError:
            pass  # one side refused or reset: the other sees a connection that ends, as without a proxy
        finally:
            writer.close()

    return await asyncio.start_server(carry_or_close, ADDRESS, listen)


async def main(arguments: list[str]) -> None:
    round_trip = float(arguments[0])
    pairs = [pair.split(":") for pair in arguments[1:]]
    servers = [await serve(int(listen), int(connect), round_trip) for listen, connect in pairs]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1:]))

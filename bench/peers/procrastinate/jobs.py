"""Empty jobs put in, taken and done by procrastinate: jobs.py ADDRESS COUNT AT_ONCE."""

import asyncio
import json
import sys
import time

from procrastinate import App, PsycopgConnector


async def main(address: str, count: int, at_once: int) -> None:
    """Print {"rate": jobs a second}."""
    app = App(connector=PsycopgConnector(conninfo=address))

    @app.task(name="nothing")
    async def nothing(number: int) -> None:
        """Do nothing."""

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        for start in range(0, count, 500):
            batch = [{"number": number} for number in range(start, min(count, start + 500))]
            await nothing.batch_defer_async(*batch)
        began = time.perf_counter()
        await app.run_worker_async(
            wait=False, concurrency=at_once, install_signal_handlers=False, listen_notify=False
        )
        print(json.dumps({"rate": count / (time.perf_counter() - began)}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))

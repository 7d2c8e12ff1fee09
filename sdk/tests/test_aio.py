"""The same surface, awaitable."""

import asyncio
from typing import Any

import pytest

from openbunker_client import AsyncClient, Unsent
from sdk.tests.simulated import Collector, Gate


def client(transport: Any, **options: Any) -> AsyncClient:
    return AsyncClient("key", "http://collector.test", transport=transport, **options)


def test_events_are_sent_and_counted() -> None:
    collector = Collector()

    async def main() -> None:
        async with client(collector, max_queue_size=5, batch_size=2) as one:
            ids = [await one.track("good", {"at": at}) for at in range(50)]
            ids += await one.batch([{"name": "good"}, {"name": "bad"}])
            assert await one.flush() == (51, 1, 0, 0)
            assert set(collector.stored) == set(ids[:-1])
            assert one.report().tracked == 52

    asyncio.run(main())


def test_a_full_queue_waits_and_leaves_the_loop_free() -> None:
    gate = Gate()

    async def main() -> None:
        one = client(gate, max_queue_size=1)
        await one.track("a")
        waiting = asyncio.create_task(one.track("b"))
        await asyncio.to_thread(gate.reached.wait, 30)
        assert not waiting.done()
        gate.open.set()
        await waiting
        assert await one.close() == (2, 0, 0, 0)

    asyncio.run(main())


def test_a_cancelled_track_took_nothing() -> None:
    gate = Gate()

    async def main() -> None:
        one = client(gate, max_queue_size=1)
        await one.track("a")
        waiting = asyncio.create_task(one.track("b"))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        gate.open.set()
        assert await one.close() == (1, 0, 0, 0)

    asyncio.run(main())


def test_a_full_queue_drops_if_it_was_asked_to() -> None:
    gate, told = Gate(), list[Unsent]()

    async def main() -> None:
        one = client(gate, max_queue_size=1, overflow="drop", on_drop=told.append)
        await one.track("a")
        dropped = await one.track("b")
        assert [unsent.event_id for unsent in told] == [dropped]
        gate.open.set()
        assert await one.close() == (1, 0, 0, 1)

    asyncio.run(main())


def test_a_flush_that_cannot_end_returns_in_time_and_others_go_on() -> None:
    gate = Gate()

    async def main() -> None:
        one = client(gate)
        await one.track("a")
        ran: list[int] = []

        async def other() -> None:
            while len(ran) < 3:
                ran.append(1)
                await asyncio.sleep(0)

        report, _ = await asyncio.gather(one.flush(0.05), other())
        assert report == (0, 0, 1, 0)
        assert len(ran) == 3
        gate.open.set()
        assert await one.close() == (1, 0, 0, 0)

    asyncio.run(main())


def test_a_client_outlives_its_loop() -> None:
    collector = Collector()
    one = client(collector)

    async def handler() -> None:
        await one.track("good")
        await one.flush()

    for _ in range(3):
        asyncio.run(handler())
    assert one.report() == (3, 0, 0, 0)


def test_a_watcher_of_a_loop_that_is_over_harms_nothing() -> None:
    gate = Gate()
    one = client(gate)

    async def main() -> None:
        await one.track("a")
        await one.flush(0.01)

    asyncio.run(main())
    gate.open.set()
    assert asyncio.run(one.close()) == (1, 0, 0, 0)


def test_a_flush_that_has_nothing_to_wait_for_leaves_nothing_behind() -> None:
    async def main() -> None:
        one = client(Collector())
        for _ in range(5):
            assert await one.flush() == (0, 0, 0, 0)
        assert not one._engine._watchers
        assert await one.flush(float("nan")) == (0, 0, 0, 0)
        await one.close()

    asyncio.run(main())


def test_a_lambda_handler_may_be_async() -> None:
    collector = Collector()
    one = client(collector)

    @one.lambda_handler
    async def handler(event: int, _context: None) -> int:
        await one.track("good")
        return event + 1

    assert [handler(at, None) for at in range(3)] == [1, 2, 3]  # type: ignore[comparison-overlap]
    assert len(collector.stored) == 3


def test_an_async_lambda_handler_is_awaited_where_a_loop_runs() -> None:
    gate = Gate()
    one = client(gate)

    @one.lambda_handler
    async def handler(event: int, _context: None) -> int:
        await one.track("good")
        if event:
            raise KeyError("a bug")
        return event

    async def main() -> int:
        handling = asyncio.ensure_future(handler(0, None))
        await asyncio.to_thread(gate.reached.wait, 30)
        assert not handling.done()  # the loop is free while the flush waits
        gate.open.set()
        answer = await handling
        assert one.report() == (1, 0, 0, 0)
        with pytest.raises(KeyError, match="a bug"):
            await handler(1, None)
        return answer

    assert asyncio.run(main()) == 0
    assert len(gate.collector.stored) == 2

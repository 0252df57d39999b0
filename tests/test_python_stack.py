"""Frames of deep calls in one chunk of memory."""

import resource

from exchange.python_stack import in_one_chunk
from exchange.wsgi import application

CALLS = 1_000


def call_in_loop(depth):
    """Call a function in a loop, from a frame of that depth."""
    if depth:
        call_in_loop(depth - 1)
    else:
        for _ in range(CALLS):
            do_nothing()


def do_nothing():
    pass


@in_one_chunk
def call_in_one_chunk(depth):
    call_in_loop(depth)


def count_page_faults(depth):
    """Return how often the machine gave memory to a loop at that depth."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    call_in_one_chunk(depth)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_calls_at_any_depth_take_no_memory_of_their_own():
    count_page_faults(0)

    assert max(map(count_page_faults, range(300))) < CALLS / 10


def test_requests_are_served_in_one_chunk():
    assert application.__code__.co_stacksize == call_in_one_chunk.__code__.co_stacksize

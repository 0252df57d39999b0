"""Room on Python's stack for the frames of a request."""

STACK_SIZE = 2**15
"""Slots of 8 bytes. The chunk of memory for such a frame is twice as large, with room for a thousand frames more."""


def in_one_chunk(function):
    """Change a function so that everything it calls has its frames in one chunk of memory. Return the function.

    Python 3.11 and 3.12 keep frames in chunks of 16 KiB, and allocate and free one at each call that needs the next:
    3,000 times for a page of the list (https://github.com/python/cpython/issues/142183).
    """
    function.__code__ = function.__code__.replace(co_stacksize=STACK_SIZE)
    return function

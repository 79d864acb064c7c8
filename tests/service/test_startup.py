"""What is loaded at the start."""

from threadpoolctl import threadpool_info, threadpool_limits

from service.startup import load_library


def test_blas_computes_in_the_thread_that_calls_it() -> None:
    threadpool_limits(2, user_api="blas")
    load_library()
    threads = [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]
    assert threads
    assert set(threads) == {1}

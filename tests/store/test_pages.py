import pyarrow as pa

from distill.store.pages import kept_pages


def test_arrow_keeps_pages_while_the_block_runs() -> None:
    before = pa.default_memory_pool().backend_name
    with kept_pages():
        assert pa.default_memory_pool().backend_name == "mimalloc"
        assert pa.array(range(1000)).sum().as_py() == 499500
    assert pa.default_memory_pool().backend_name == before

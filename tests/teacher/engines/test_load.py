from distill.teacher.engines.engine import parse_metrics, read_load, shown_load

VLLM = """# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="m"} 12.0
vllm:num_requests_running{engine="1",model_name="m"} 11.0
vllm:num_requests_waiting{engine="0",model_name="m"} 3.0
vllm:kv_cache_usage_perc{engine="0",model_name="m"} 0.81
"""


def test_replicas_are_added_up() -> None:
    assert parse_metrics(VLLM)["vllm:num_requests_running"] == 23
    assert shown_load(parse_metrics(VLLM)) == "running 23 · waiting 3 · 81% of the cache"


def test_llama_cpp_says_less() -> None:
    assert (
        shown_load(parse_metrics("llamacpp:requests_processing 2\nllamacpp:requests_deferred 0\n"))
        == "running 2 · waiting 0"
    )


def test_no_answer_is_no_load() -> None:
    assert read_load("http://127.0.0.1:9") == ""

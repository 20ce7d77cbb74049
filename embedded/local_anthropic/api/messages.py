"""Endpoints for messages, token counts and models."""

from local_anthropic.api.message_requests import count_request, message_task
from local_anthropic.errors import ApiError
from local_anthropic.gateway.anthropic_call import AnthropicCall
from local_anthropic.gateway.token_limits import Production
from local_anthropic.model.answer import MessageReply, reply_to
from local_anthropic.model.model_list import load_models
from local_server.http_calls import ApiResponse


async def create_message(call: AnthropicCall) -> ApiResponse:
    """Return a message; this takes time, during which tokens are drawn from the model's buckets."""
    server = call.server
    task = message_task(call.json())
    name = call.record.model = task.model.id
    server.limiter.acquire(name, task.input_tokens, call.now)
    reply = reply_to(task, call.fault)
    settings = server.settings
    seconds = (settings.latency_base_ms + settings.latency_per_output_token_ms * reply.output_tokens) / 1000
    limiter = server.limiter
    await _produce(call, limiter.produce(name, reply.output_tokens, seconds, call.now), seconds)
    _record(call, reply)
    return ApiResponse(200, reply.message("standard"), limiter.headers(name, call.now))


async def count_tokens(call: AnthropicCall) -> ApiResponse:
    """Return the number of input tokens of a message."""
    request, model = count_request(call.json())
    return ApiResponse(200, {"input_tokens": request.input_tokens(model)})


async def list_models(_: AnthropicCall) -> ApiResponse:
    """Return all models, the newest first."""
    listed = list({model.id: model for model in load_models().values()}.values())
    ends = {"first_id": listed[0].id, "last_id": listed[-1].id}
    return ApiResponse(200, {"data": [model.to_json() for model in listed], "has_more": False, **ends})


async def read_model(call: AnthropicCall) -> ApiResponse:
    """Return one model by id or alias."""
    model = load_models().get(call.request.path["model_id"])
    if model is None:
        raise ApiError(404, f"model: {call.request.path['model_id']}")
    return ApiResponse(200, model.to_json())


async def _produce(call: AnthropicCall, production: Production, seconds: float) -> None:
    whole = False
    try:
        await call.pause(seconds)
        whole = True
    finally:
        production.finish(call.now, whole=whole)


def _record(call: AnthropicCall, reply: MessageReply) -> None:
    inputs, outputs = reply.task.input_tokens, reply.output_tokens
    call.record.input_tokens, call.record.output_tokens = inputs, outputs
    call.server.stats.add_tokens("standard", reply.task.model.id, inputs, outputs)

"""State shared by all endpoints of one stand-in."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local_anthropic.anthropic_settings import AnthropicSettings
from local_anthropic.gateway.anthropic_faults import AnthropicFaultRule
from local_anthropic.gateway.call_stats import CallStats
from local_anthropic.gateway.token_limits import TokenLimiter
from local_server.faults import FaultRules


@dataclass(slots=True)
class AnthropicServer:
    """State of a stand-in; ``keys`` are the accepted API keys (none means any), and ``clock`` returns epoch seconds."""

    settings: AnthropicSettings
    keys: frozenset[str]
    clock: Callable[[], float]
    limiter: TokenLimiter = field(init=False)
    stats: CallStats = field(default_factory=CallStats)
    faults: FaultRules[AnthropicFaultRule] = field(default_factory=lambda: FaultRules(AnthropicFaultRule))

    def __post_init__(self) -> None:
        self.limiter = TokenLimiter(self.settings)

    def change_settings(self, settings: AnthropicSettings) -> None:
        """Replace the settings; the buckets of the limits start full."""
        self.settings = settings
        self.limiter = TokenLimiter(settings)

    def stats_document(self) -> dict[str, Any]:
        """Return the counters as JSON."""
        return self.stats.to_json()

    def reset(self) -> None:
        """Clear counters and faults and fill the buckets; settings and keys stay."""
        self.limiter = TokenLimiter(self.settings)
        self.stats = CallStats()
        self.faults.clear()

"""State shared by all endpoints of one stand-in."""

from collections.abc import Callable
from dataclasses import dataclass, field

from local_anthropic.gateway.faults import Faults
from local_anthropic.gateway.limits import TokenLimiter
from local_anthropic.gateway.stats import Stats
from local_anthropic.settings import Settings


@dataclass(slots=True)
class Server:
    """State of a stand-in; ``keys`` are the accepted API keys (none means any), and ``clock`` returns epoch seconds."""

    settings: Settings
    keys: frozenset[str]
    clock: Callable[[], float]
    limiter: TokenLimiter = field(init=False)
    stats: Stats = field(default_factory=Stats)
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        self.limiter = TokenLimiter(self.settings)

    def change(self, settings: Settings) -> None:
        """Replace the settings; the buckets of the limits start full."""
        self.settings = settings
        self.limiter = TokenLimiter(settings)

    def reset(self) -> None:
        """Clear counters and faults and fill the buckets; settings and keys stay."""
        self.limiter = TokenLimiter(self.settings)
        self.stats = Stats()
        self.faults = Faults()

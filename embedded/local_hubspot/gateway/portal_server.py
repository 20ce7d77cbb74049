"""State shared by all endpoints of one portal."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from local_hubspot.gateway.call_limits import CallLimiter
from local_hubspot.gateway.hubspot_faults import HubSpotFaultRule
from local_hubspot.gateway.portal_stats import PortalStats
from local_hubspot.gateway.scopes import Tokens
from local_hubspot.portal.portal import Portal
from local_hubspot.portal.portal_settings import PortalSettings
from local_server.faults import FaultRules


@dataclass(slots=True)
class PortalServer:
    """A portal and what guards it; ``clock`` returns epoch seconds."""

    portal: Portal
    tokens: Tokens
    clock: Callable[[], float]
    limiter: CallLimiter = field(init=False)
    stats: PortalStats = field(default_factory=PortalStats)
    faults: FaultRules[HubSpotFaultRule] = field(default_factory=lambda: FaultRules(HubSpotFaultRule))

    def __post_init__(self) -> None:
        self.limiter = CallLimiter(self._local_day)

    @property
    def settings(self) -> PortalSettings:
        """The current settings of the portal."""
        return self.portal.settings

    def change_settings(self, settings: PortalSettings) -> None:
        """Replace the settings of the portal."""
        self.portal.settings = settings

    def now(self) -> int:
        """Return the current time in epoch milliseconds."""
        return int(self.clock() * 1000)

    def stats_document(self) -> dict[str, Any]:
        """Return the request counters and the number of objects in the portal as JSON."""
        portal = self.portal
        objects = {plural: len(store.live) for plural, store in portal.stores.items()}
        archived = {plural: len(store.archived) for plural, store in portal.stores.items()}
        counts = {"objects": objects, "archived": archived, "associations": portal.associations.pairs}
        return self.stats.to_json() | counts

    def reset(self) -> None:
        """Empty the portal and clear counters and faults; settings and tokens stay."""
        self.portal.reset()
        self.limiter = CallLimiter(self._local_day)
        self.stats = PortalStats()
        self.faults.clear()

    def _local_day(self, moment: int) -> str:
        zone = ZoneInfo(self.portal.settings.time_zone)
        return datetime.fromtimestamp(moment / 1000, UTC).astimezone(zone).date().isoformat()

"""The whole system on one machine: emulated AWS, Redis and a local HubSpot, with the real template deployed."""

"""Every property is checked against the portal's own definitions before it is sent."""

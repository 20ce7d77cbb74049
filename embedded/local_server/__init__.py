"""What the servers share that stand in for others in the embedded stack: being a process, and breaking off a call."""

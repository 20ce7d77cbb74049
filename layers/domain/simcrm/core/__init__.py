"""What everything else stands on: errors, configuration, logs, metrics, AWS clients."""

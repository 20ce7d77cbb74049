"""The foundation of all other packages: errors, configuration, logs, metrics, AWS clients."""

"""Background work of the state machines: finish a run, settle an abort, clean up, retry refused objects."""

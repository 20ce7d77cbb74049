"""What the state machines run in the background: finish a run, settle an abort, clean up, retry what was refused."""

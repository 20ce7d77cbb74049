"""From generated rows to objects in the portal: write requests, associations, ledger."""

"""The portal: its API client, SimCRM's own properties, and the writer of batches."""

"""The WriteContacts and WriteActivities steps: from queue messages to objects in the portal and the ledger."""

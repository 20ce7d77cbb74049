"""The steps WriteContacts and WriteActivities: from queue messages to objects in the portal and the ledger."""

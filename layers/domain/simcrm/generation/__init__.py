"""The steps GenerateContacts and GenerateActivities: rows of a batch, with a model's texts where it has any."""

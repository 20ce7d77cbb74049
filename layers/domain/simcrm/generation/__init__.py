"""The steps GenerateContacts and GenerateActivities: the rows of a batch, with the model's text if there is any."""

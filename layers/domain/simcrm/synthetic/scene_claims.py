"""What may be said about an account: the claims by which a checker judges its texts, taken from its history."""

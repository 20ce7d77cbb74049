"""Start and follow simulations, as the API and its users do."""

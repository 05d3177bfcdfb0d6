"""Pages of the register, of the city's officers and of a provider's owner."""

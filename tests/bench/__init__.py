"""What the product does on this machine, measured: ``make bench``."""

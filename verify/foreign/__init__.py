"""Documents that others have signed: read, checked step by step, and told for what they are."""

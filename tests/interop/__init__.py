"""Our certificates in verifiers by others, and theirs in ours: real libraries, real documents, no network."""

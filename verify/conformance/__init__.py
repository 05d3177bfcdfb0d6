"""What the public conformance suites drive: VC-API, DID resolution and VC-JOSE-COSE, with throw-away keys."""

"""The conformance runner's parts: R calls as data, evaluated through the public API and compared."""

"""The shell around the core: WebSocket, REST, command line and client."""

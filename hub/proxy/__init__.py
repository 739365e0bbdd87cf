"""The door of the house: the Python configurable-http-proxy, taught to reach Unix sockets and to stream."""

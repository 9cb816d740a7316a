"""What the server takes and gives, as OpenAPI says it, and the same as a page."""

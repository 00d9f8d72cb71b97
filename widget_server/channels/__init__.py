"""The channels this server has. `build` is the registry: made once, by the composition root, from the settings."""

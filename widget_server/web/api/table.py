"""The one table every module of this package adds its operations to."""

from widget_server.web.operations import Operations

OPERATIONS = Operations()

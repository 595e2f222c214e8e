"""Handlers: `(Request, Registry) → Response`, one file per subject; the table of routes is jobplan.httpapi.routes."""

"""The HTTP server: calls to SP-API and Optiply, faults that strike them, and the control surface."""

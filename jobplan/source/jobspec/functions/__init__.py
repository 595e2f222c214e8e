"""The function library: one module per table of the specification, collected in `registry`.

spec: jobspec §13
"""

"""The checks that a node must pass, one function each. spec: placement §5

A checker takes a `Trial` and a node and answers with a `Reason`, or None when the node passes. It knows neither the
metrics nor the class cache nor other checkers; `jobplan.placement.chain` gives the order.
"""

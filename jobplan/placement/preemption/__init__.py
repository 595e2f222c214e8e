"""Preemption: which allocations of lower priority give way on a node. spec: placement §12

`ports`, `devices` and `amounts` each answer for one place where the fit stage would fail.
"""

"""Stage 7: what should change, per group. spec: reconcile

In: the job under reconciliation, its allocations, deployments and nodes, the time. Out: `Changes` (service, batch)
or `SystemChanges` (system, sysbatch): values only. Whether an update is possible in place is asked of two functions
that come in from above. Choosing nodes is placement's; text and JSON are planning's.

    changes       the result types                     predicates   what is true of one allocation (§2)
    classify      tables of §3.3 and §4.3              reschedule   delays and eligibility (§2.7, §3.4, §3.5)
    names         the name index (§3.8)                canaries     deployments and their canaries (§2.5, §3.2)
    service       the 27 steps of §3.1                 system       §4, in three calls
    evaluations   `CreatedEvals` (§5)
"""

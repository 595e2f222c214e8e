"""Stage 7: what should change, per group. spec: reconcile

In: the job under reconciliation, its allocations, deployments and nodes, the time. Out: `Changes` (service, batch)
or `SystemChanges` (system, sysbatch): values only. Whether an update is possible in place is asked of two functions
that come in from above. Choosing nodes is placement's; text and JSON are planning's.

    changes       the result types                          predicates   what is true of one allocation (§2.3)
    tainted       nodes that concern allocations (§2.4)     rollouts     deployments (§2.5, §3.0, §3.16)
    classify      the table of §3.3                         reschedule   delays and eligibility (§2.7, §3.4, §3.5)
    reconnect     original or replacement (§3.6)            names        the name index (§3.8)
    surplus       what is too many (§3.9)                   updates      in place or destructive (§3.10, §4.4)
    service       service and batch jobs: the steps of §3.1, which are in sorting, keeping and placing
    system        system and sysbatch jobs (§4), with nodecases (§4.3) and noderollouts (§4.2)
    evaluations   `CreatedEvals` (§5)                       texts        descriptions of stopped allocations
"""

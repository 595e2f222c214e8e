"""Stage 3: `Job` → the job as a server would plan or register it, or the refusals.

In: a canonicalised `Job` (or what `load_job` reads) and the server's configuration. Out: `Admitted` (planned job and
warnings), `Validation`, or `AdmissionError`. spec: admission

    pipeline.py   the pipeline: request checks, mutators, validators, warnings    §2–§4
    problems.py   problems as a tree, and the prescribed texts                    §3, §4
    mutators/     what a server adds to the job                                   §5
    rules/        what it refuses                                                 §6, §7
    warnings/     what it remarks                                                 §8
    register.py   what only registering does                                      §2.2, §9

Not here: routing of requests, access control, the existing job (only the checks of register.py see it).
"""

from __future__ import annotations

from jobplan.admission.pipeline import Admitted, Finding, Validation, admit, admit_job, validate
from jobplan.admission.problems import Problem

__all__ = ["Admitted", "Finding", "Problem", "Validation", "admit", "admit_job", "validate"]

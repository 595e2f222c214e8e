"""The command line: the only place with a terminal, an environment and a clock.

    main.py        the program: finds the command, turns errors into exit codes
    options.py     option groups that several commands share; Nomad's spellings
    inputs.py      job files, standard input, inventories, settings, the clock
    hcl.py         variables and files of HCL job files
    states.py      a job as a command line names it: file, git revision, inventory
    planned.py     from a job file to a plan and a report
    git.py         two states of a repository; joint.py plans what differs between them
    whatif.py      changed clusters and jobs
    artefact.py    saved plans
    exitcodes.py   which exit code, and why
    terminal.py    colour, text of strangers on a terminal, progress
    outputs.py     several formats at once, to standard output and files
    checked.py, checktext.py, config.py, configmodel.py, ruleplugins.py, jobfiles.py      what `check` needs
    commands/      one module a command: add_arguments(parser), execute(args) → exit code

Results go to standard output, messages to standard error.
"""

"""The command line: the only place with a terminal, an environment and a clock.

    main.py        the program: finds the command, turns errors into exit codes
    options.py     option groups that several commands share; Nomad's spellings
    inputs.py      job files, standard input, inventories, variables
    commands/      one module a command: add_arguments(parser), execute(args) → exit code

Results go to standard output, messages to standard error.
"""

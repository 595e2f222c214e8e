"""The validators: every reason for which a server refuses a job. spec: admission §6, §7"""

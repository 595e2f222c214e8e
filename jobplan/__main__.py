"""`python -m jobplan`: the same program as the `jobplan` command."""

from jobplan.cli.main import run

if __name__ == "__main__":
    run()

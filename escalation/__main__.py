"""python -m escalation."""

from escalation.cli import main

if __name__ == "__main__":
    main()

"""``python -m metamsc`` is the command ``metamsc``."""

from metamsc.cli import main

if __name__ == "__main__":
    main()

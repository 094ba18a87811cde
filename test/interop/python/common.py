"""What the programs of this folder share: the port comes as the first argument."""
import sys

HOST = "localhost"
PORT = int(sys.argv[1])


def say(*words):
    """One line that the test reads; not kept back in a buffer."""
    print(*words, flush=True)

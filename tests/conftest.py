"""What every test starts from."""

import signal

# A job that a shell puts in the background is born ignoring interrupts, and its children are too; some tests send them one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

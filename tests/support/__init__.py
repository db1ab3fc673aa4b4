"""What the Python suites are made of: real servers, the real binary, faults between them, and an oracle."""

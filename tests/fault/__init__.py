"""A seeded schedule of faults over a running load, and an oracle of what the product owes."""

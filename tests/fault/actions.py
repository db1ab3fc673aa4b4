"""One fault as something that begins and is healed. `begin` proves that it has happened: it returns how much it met
(connections, processes, packets; 0: nothing was there to be met) and a sentence for the timeline."""

from .faults_broker import BROKER
from .faults_database import DATABASE
from .faults_network import LINKS, NETWORK
from .faults_service import SERVICE

ACTIONS = {**SERVICE, **DATABASE, **BROKER, **LINKS, **NETWORK}


def action(world, planned):
    """The fault that `planned` describes, not begun yet."""
    return ACTIONS[planned.kind](world, planned)

"""The floors of the package, as the tests of its imports and of the guide read them."""

# A unit is a folder of paper_run/, or a module flat at its top. It may import from the floors above its own
# in this table, never from below or from its own floor's other units.
FLOORS = (
    {"errors", "money"},
    {"book"},
    {"model"},
    {"services", "ledger", "settings", "schedule"},
    {"trading", "report"},
    {"notify"},
    {"app"},
    {"cli"},
    {"__main__"},
)

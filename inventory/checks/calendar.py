"""People and dates: rotas name contacts, windows and waivers name devices."""

from inventory.draft import Draft


def check_calendar(draft: Draft) -> None:
    """Rotas, windows, waivers, and the center's own lists."""
    contacts = draft.names("contacts")
    for rota in draft.rotas.values():
        for number, contact in enumerate(rota.contacts):
            draft.must_know(
                "rotas", rota.name, ("contacts", number), contact, among=contacts, what="contact"
            )
        if rota.escalates_to:
            draft.must_know(
                "rotas",
                rota.name,
                ("escalates_to",),
                rota.escalates_to,
                among=[*contacts, *draft.names("rotas")],
                what="contact or rota",
            )
    _check_devices(draft, "windows")
    _check_devices(draft, "waivers")


def _check_devices(draft: Draft, section: str) -> None:
    for thing in draft.built[section].values():
        for number, device in enumerate(thing.devices):
            draft.must_know(
                section,
                thing.name,
                ("devices", number),
                device,
                among=draft.names("devices"),
                what="device",
            )

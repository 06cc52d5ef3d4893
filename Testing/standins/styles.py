"""Slicer's two styles: the palettes of *Light Slicer* and *Dark Slicer*.

The values are those of ``Base/QTGUI/qSlicerStyle.cxx``; ``slicer_module/test_standins.py`` holds
them against it. Slicer's margins are narrower than those here, so what fits here fits there.
"""

from Testing.standins import pythonqt as qt

_BOTH = {
    "Window": ("white", "#323232"),
    "WindowText": ("black", "white"),
    "Disabled WindowText": ("#bebebe", "#6d6d6d"),
    "Base": ("white", "#1e1e1e"),
    "Disabled Base": ("white", "#1e1e1e"),
    "AlternateBase": ("#e4e4fe", "#323232"),
    "ToolTipBase": ("#ffffdc", "white"),
    "ToolTipText": ("black", "#323232"),
    "Text": ("black", "white"),
    "PlaceholderText": ("darkGray", "lightGray"),
    "Disabled Text": ("#bebebe", "#6d6d6d"),
    "Button": ("#fcfcfc", "#323232"),
    "ButtonText": ("black", "white"),
    "Disabled ButtonText": ("#bebebe", "#b4b4b4"),
    "BrightText": ("red", "#ff4444"),
    "Light": ("#c8c8c8", "#828284"),
    "Midlight": ("#e6e6e6", "#5a5a5b"),
    "Dark": ("#aaaaaa", "#232323"),
    "Mid": ("#c8c8c8", "#2b2b2b"),
    "Shadow": ("#5a5a5a", "#141414"),
    "Highlight": ("#308cc6", "#3ca4ff"),
    "Disabled Highlight": ("#919191", "#505050"),
    "HighlightedText": ("white", "white"),
    "Disabled HighlightedText": ("white", "#6d6d6d"),
    "Link": ("#0000ff", "#3ca4ff"),
}
#: Roles, ``Disabled`` ones with that word, and their colours, by style.
PALETTES = {
    name: {role: colours[number] for role, colours in _BOTH.items()}
    for number, name in enumerate(("light", "dark"))
}


def use_style(name: str) -> None:
    """Give the application the style ``light`` or ``dark``, as in Slicer's settings."""
    palette = qt.QPalette()
    for role, colour in PALETTES[name].items():
        # Disabled widgets come after all, whose colours they would get otherwise.
        group = qt.QPalette.Disabled if role.startswith("Disabled ") else qt.QPalette.All
        shade = qt.QColor(colour if colour.startswith("#") else getattr(qt.Qt, colour))
        palette.setColor(group, getattr(qt.QPalette, role.split()[-1]), shade)
    qt.QApplication.setPalette(palette)
    qt.QApplication.processEvents()

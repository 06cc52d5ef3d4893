"""The parts of the HermesSegment module. The panel is thin: it asks ``HermesLib.engine`` and shows what comes back."""

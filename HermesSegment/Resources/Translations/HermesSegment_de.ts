<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE">
<context>
    <name>HermesSegment</name>
    <message>
        <source>HERMES Segment</source>
        <translation>HERMES Segment</translation>
    </message>
    <message>
        <source>&lt;b&gt;HERMES: quality control that steers promptable medical segmentation.&lt;/b&gt;&lt;br&gt;Segments an organ in MR or CT without anyone drawing prompts: a quality control predicts the outline that it would expect, prompts a segmentation network with it until both agree, and says which slices need a look and why.&lt;br&gt;Start: choose a volume and an organ and press Run, or press Try with sample. Then accept, correct or reject the slices, and export.&lt;br&gt;For research, not for clinical use. Not related to any vendor&apos;s product called Hermes.</source>
        <translation>&lt;b&gt;HERMES: Qualitätskontrolle, die promptbare medizinische Segmentierung steuert.&lt;/b&gt;&lt;br&gt;Segmentiert ein Organ in MR oder CT, ohne dass jemand Prompts zeichnet: Eine Qualitätskontrolle sagt den Umriss voraus, den sie erwartet, fragt damit ein Segmentierungsnetz, bis beide übereinstimmen, und sagt, welche Schichten angesehen werden müssen und warum.&lt;br&gt;Beginn: Volumen und Organ wählen und Start drücken, oder Mit Beispiel ausprobieren. Dann die Schichten annehmen, korrigieren oder ablehnen und exportieren.&lt;br&gt;Für die Forschung, nicht für den klinischen Gebrauch. Nicht verwandt mit dem Produkt eines Herstellers, das Hermes heißt.</translation>
    </message>
    <message>
        <source>After the paper &lt;i&gt;Quality Control Automates Prompt-based Segmentation&lt;/i&gt;; please cite it and the networks that you use: MedSAM (Ma et al., 2024), ScribblePrompt (Wong et al., 2024), MIDeepSeg (Luo et al., 2021). The bundled networks are for research only; the card beside each names the data that it was trained on.</source>
        <translation>Nach der Arbeit &lt;i&gt;Quality Control Automates Prompt-based Segmentation&lt;/i&gt;; bitte zitieren Sie sie und die Netze, die Sie verwenden: MedSAM (Ma et al., 2024), ScribblePrompt (Wong et al., 2024), MIDeepSeg (Luo et al., 2021). Die mitgelieferten Netze sind nur für die Forschung; die Karte neben jedem nennt die Daten, mit denen es trainiert wurde.</translation>
    </message>
    <message>
        <source>HERMES needs Slicer 5.10 or later.</source>
        <translation>HERMES braucht Slicer 5.10 oder neuer.</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>Segment the selected slices</source>
        <translation>Die gewählten Schichten segmentieren</translation>
    </message>
    <message>
        <source>Try with sample</source>
        <translation>Mit Beispiel ausprobieren</translation>
    </message>
    <message>
        <source>Load a synthetic volume and segment it</source>
        <translation>Ein synthetisches Volumen laden und segmentieren</translation>
    </message>
    <message>
        <source>Several...</source>
        <translation>Mehrere...</translation>
    </message>
    <message>
        <source>Work off several volumes, of the scene or of a folder, with one table</source>
        <translation>Mehrere Volumen abarbeiten, der Szene oder eines Ordners, mit einer Tabelle</translation>
    </message>
    <message>
        <source>Judge a mask...</source>
        <translation>Maske beurteilen...</translation>
    </message>
    <message>
        <source>Judge a mask that was made elsewhere; no model is needed</source>
        <translation>Eine Maske beurteilen, die anderswo entstanden ist; ein Modell ist nicht nötig</translation>
    </message>
    <message>
        <source>Slices that are finished</source>
        <translation>Schichten, die fertig sind</translation>
    </message>
    <message>
        <source>What the run does, or how it ended</source>
        <translation>Was der Lauf tut, oder wie er endete</translation>
    </message>
    <message>
        <source>Setup</source>
        <translation>Einrichtung</translation>
    </message>
    <message>
        <source>Packages, graphics card and networks</source>
        <translation>Pakete, Grafikkarte und Netze</translation>
    </message>
    <message>
        <source>What is installed and where networks run</source>
        <translation>Was installiert ist und wo Netze rechnen</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <source>Install the missing packages</source>
        <translation>Die fehlenden Pakete installieren</translation>
    </message>
    <message>
        <source>Device:</source>
        <translation>Gerät:</translation>
    </message>
    <message>
        <source>Auto uses the graphics card if there is one</source>
        <translation>Automatisch nimmt die Grafikkarte, wenn es eine gibt</translation>
    </message>
    <message>
        <source>Models and quality controls on this computer, with their terms</source>
        <translation>Modelle und Qualitätskontrollen auf diesem Rechner, mit ihren Bedingungen</translation>
    </message>
    <message>
        <source>Import a file...</source>
        <translation>Datei importieren...</translation>
    </message>
    <message>
        <source>Copy an official checkpoint to the folder of imported weights</source>
        <translation>Offizielle Gewichte in den Ordner der importierten Gewichte kopieren</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Open the folder of imported weights</source>
        <translation>Den Ordner der importierten Gewichte öffnen</translation>
    </message>
    <message>
        <source>Delete imported</source>
        <translation>Importierte löschen</translation>
    </message>
    <message>
        <source>Delete all imported weights</source>
        <translation>Alle importierten Gewichte löschen</translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation>Eingaben</translation>
    </message>
    <message>
        <source>What to segment, and with which network</source>
        <translation>Was segmentiert wird, und mit welchem Netz</translation>
    </message>
    <message>
        <source>Volume:</source>
        <translation>Volumen:</translation>
    </message>
    <message>
        <source>The image to segment</source>
        <translation>Das Bild, das segmentiert wird</translation>
    </message>
    <message>
        <source>Use a hardened copy</source>
        <translation>Transformierte Kopie verwenden</translation>
    </message>
    <message>
        <source>Copy the volume with its transform applied to the voxels, and segment the copy; the volume stays as it is</source>
        <translation>Das Volumen kopieren, die Transformation auf die Voxel der Kopie anwenden und die Kopie segmentieren; das Volumen bleibt, wie es ist</translation>
    </message>
    <message>
        <source>Organ:</source>
        <translation>Organ:</translation>
    </message>
    <message>
        <source>Organ and modality: what to segment and how its intensities are read (preset)</source>
        <translation>Organ und Modalität: was segmentiert wird und wie seine Intensitäten gelesen werden (Voreinstellung)</translation>
    </message>
    <message>
        <source>The code of the organ, which exported segments carry</source>
        <translation>Der Code des Organs, den exportierte Segmente tragen</translation>
    </message>
    <message>
        <source>Modality:</source>
        <translation>Modalität:</translation>
    </message>
    <message>
        <source>Of the image; Auto: by its header, or by its values, which is said</source>
        <translation>Des Bildes; Automatisch: nach seinem Kopf oder seinen Werten, was gesagt wird</translation>
    </message>
    <message>
        <source>Guide:</source>
        <translation>Vorlage:</translation>
    </message>
    <message>
        <source>What draws the outline that masks are compared with: the organ&apos;s own quality control, or a segmentation from elsewhere (guide)</source>
        <translation>Was den Umriss zeichnet, mit dem Masken verglichen werden: die eigene Qualitätskontrolle des Organs oder eine Segmentierung von anderswo (Vorlage)</translation>
    </message>
    <message>
        <source>Segment:</source>
        <translation>Segment:</translation>
    </message>
    <message>
        <source>The segment that guides the run</source>
        <translation>Das Segment, das den Lauf führt</translation>
    </message>
    <message>
        <source>Path:</source>
        <translation>Pfad:</translation>
    </message>
    <message>
        <source>The guide&apos;s file or folder; what it takes is written in the field</source>
        <translation>Datei oder Ordner der Vorlage; was hierher gehört, steht im Feld</translation>
    </message>
    <message>
        <source>...</source>
        <translation>...</translation>
    </message>
    <message>
        <source>Label:</source>
        <translation>Label:</translation>
    </message>
    <message>
        <source>The organ&apos;s label where the guide holds several organs: a number such as 3, several as 1+2, or all</source>
        <translation>Das Label des Organs, wenn die Vorlage mehrere Organe enthält: eine Zahl wie 3, mehrere als 1+2, oder all</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>Werte</translation>
    </message>
    <message>
        <source>Read the file and list the labels that it holds</source>
        <translation>Datei lesen und die Labels auflisten, die sie enthält</translation>
    </message>
    <message>
        <source>Python:</source>
        <translation>Python:</translation>
    </message>
    <message>
        <source>The Python of the environment in which the guide&apos;s program is installed; empty for Slicer&apos;s own</source>
        <translation>Das Python der Umgebung, in der das Programm der Vorlage installiert ist; leer für das von Slicer</translation>
    </message>
    <message>
        <source>Where the guide&apos;s weights come from, and their terms</source>
        <translation>Woher die Gewichte der Vorlage kommen, und ihre Bedingungen</translation>
    </message>
    <message>
        <source>Judge:</source>
        <translation>Prüfer:</translation>
    </message>
    <message>
        <source>What scores the masks: the organ&apos;s own quality control (or the agreement with the guide), or another judge</source>
        <translation>Was die Masken bewertet: die eigene Qualitätskontrolle des Organs (oder die Übereinstimmung mit der Vorlage), oder ein anderer Prüfer</translation>
    </message>
    <message>
        <source>Cases:</source>
        <translation>Fälle:</translation>
    </message>
    <message>
        <source>Folder with labelled cases of the same organ, which the judge compares with</source>
        <translation>Ordner mit annotierten Fällen desselben Organs, mit denen der Prüfer vergleicht</translation>
    </message>
    <message>
        <source>Its weights:</source>
        <translation>Seine Gewichte:</translation>
    </message>
    <message>
        <source>File of the judge&apos;s own weights</source>
        <translation>Datei mit eigenen Gewichten des Prüfers</translation>
    </message>
    <message>
        <source>Calibration:</source>
        <translation>Kalibrierung:</translation>
    </message>
    <message>
        <source>File that turns the judge&apos;s score into an estimate of the true Dice; made by hermes train calibration</source>
        <translation>Datei, die die Bewertung des Prüfers in eine Schätzung des wahren Dice verwandelt; hermes train calibration erzeugt sie</translation>
    </message>
    <message>
        <source>What the judge&apos;s score means</source>
        <translation>Was die Bewertung des Prüfers bedeutet</translation>
    </message>
    <message>
        <source>Model:</source>
        <translation>Modell:</translation>
    </message>
    <message>
        <source>The network that draws masks when it is prompted (promptable model)</source>
        <translation>Das Netz, das auf Prompts Masken zeichnet (promptbares Modell)</translation>
    </message>
    <message>
        <source>Weights:</source>
        <translation>Gewichte:</translation>
    </message>
    <message>
        <source>The small bundled weights, or an imported file (see Setup)</source>
        <translation>Die kleinen mitgelieferten Gewichte oder eine importierte Datei (siehe Einrichtung)</translation>
    </message>
    <message>
        <source>Server:</source>
        <translation>Server:</translation>
    </message>
    <message>
        <source>Address of the server on which the model runs; empty for its usual one on this computer</source>
        <translation>Adresse des Servers, auf dem das Modell läuft; leer für die übliche auf diesem Rechner</translation>
    </message>
    <message>
        <source>Prompts:</source>
        <translation>Prompts:</translation>
    </message>
    <message>
        <source>What the quality control draws to ask the model for a better mask</source>
        <translation>Was die Qualitätskontrolle zeichnet, um das Modell nach einer besseren Maske zu fragen</translation>
    </message>
    <message>
        <source>Examples:</source>
        <translation>Beispiele:</translation>
    </message>
    <message>
        <source>Folder with cases that show the organ: the folders images and masks (or labels), paired by name. Without one, accepted slices are the examples of the rest</source>
        <translation>Ordner mit Fällen, die das Organ zeigen: die Ordner images und masks (oder labels), nach Namen zugeordnet. Ohne ihn sind angenommene Schichten die Beispiele der übrigen</translation>
    </message>
    <message>
        <source>None: slices that are accepted</source>
        <translation>Keine: angenommene Schichten</translation>
    </message>
    <message>
        <source>The organ&apos;s label where the masks of the examples hold several organs: a number such as 3, several as 1+2, or all</source>
        <translation>Das Label des Organs, wenn die Masken der Beispiele mehrere Organe enthalten: eine Zahl wie 3, mehrere als 1+2, oder all</translation>
    </message>
    <message>
        <source>Read the first mask and list the labels that it holds</source>
        <translation>Die erste Maske lesen und die Labels auflisten, die sie enthält</translation>
    </message>
    <message>
        <source>What the model takes and what to know about it</source>
        <translation>Was das Modell nimmt und was man darüber wissen muss</translation>
    </message>
    <message>
        <source>Slices:</source>
        <translation>Schichten:</translation>
    </message>
    <message>
        <source>Which slices to segment</source>
        <translation>Welche Schichten segmentiert werden</translation>
    </message>
    <message>
        <source>First slice, counted from 1 as in the table</source>
        <translation>Erste Schicht, von 1 an gezählt wie in der Tabelle</translation>
    </message>
    <message>
        <source>to</source>
        <translation>bis</translation>
    </message>
    <message>
        <source>The range includes its last slice</source>
        <translation>Der Bereich schließt seine letzte Schicht ein</translation>
    </message>
    <message>
        <source>Last slice, counted from 1; it is included</source>
        <translation>Letzte Schicht, von 1 an gezählt; sie gehört dazu</translation>
    </message>
    <message>
        <source>Start from:</source>
        <translation>Ausgehen von:</translation>
    </message>
    <message>
        <source>Start from the visible segments of this segmentation</source>
        <translation>Von den sichtbaren Segmenten dieser Segmentierung ausgehen</translation>
    </message>
    <message>
        <source>None: the model&apos;s own first mask</source>
        <translation>Nichts: die eigene erste Maske des Modells</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>From when a mask is good enough, and how often to try</source>
        <translation>Ab wann eine Maske gut genug ist, und wie oft versucht wird</translation>
    </message>
    <message>
        <source>Good enough from:</source>
        <translation>Gut genug ab:</translation>
    </message>
    <message>
        <source>Estimated quality from which a slice counts as good enough: the estimated Dice (pDSC) of mask and truth</source>
        <translation>Geschätzte Qualität, ab der eine Schicht als gut genug gilt: der geschätzte Dice (pDSC) von Maske und Wahrheit</translation>
    </message>
    <message>
        <source>Tries at most:</source>
        <translation>Versuche höchstens:</translation>
    </message>
    <message>
        <source>How often a slice is tried again after its first mask (iterations)</source>
        <translation>Wie oft eine Schicht nach ihrer ersten Maske noch versucht wird (Iterationen)</translation>
    </message>
    <message>
        <source>Tries without gain:</source>
        <translation>Versuche ohne Gewinn:</translation>
    </message>
    <message>
        <source>Stop after this many tries without a better estimated quality (patience)</source>
        <translation>Nach so vielen Versuchen ohne bessere geschätzte Qualität aufhören (patience)</translation>
    </message>
    <message>
        <source>Advanced</source>
        <translation>Erweitert</translation>
    </message>
    <message>
        <source>Settings that seldom need a change</source>
        <translation>Einstellungen, die selten geändert werden müssen</translation>
    </message>
    <message>
        <source>Expected outlines:</source>
        <translation>Erwartete Umrisse:</translation>
    </message>
    <message>
        <source>How many expected outlines (pseudo ground truths, pGT) are drawn and averaged</source>
        <translation>Wie viele erwartete Umrisse (pseudo ground truths, pGT) gezeichnet und gemittelt werden</translation>
    </message>
    <message>
        <source>as trained</source>
        <translation>wie trainiert</translation>
    </message>
    <message>
        <source>Drawing steps:</source>
        <translation>Zeichenschritte:</translation>
    </message>
    <message>
        <source>Denoising steps of each expected outline (sampling steps of the pGT)</source>
        <translation>Entrauschungsschritte jedes erwarteten Umrisses (sampling steps der pGT)</translation>
    </message>
    <message>
        <source>Box margin (px):</source>
        <translation>Rand des Rahmens (px):</translation>
    </message>
    <message>
        <source>Pixels added around the box of the expected outline (padding); fewer on slices below 320 pixels</source>
        <translation>Pixel, die um den Rahmen des erwarteten Umrisses dazukommen; weniger auf Schichten unter 320 Pixel</translation>
    </message>
    <message>
        <source>Random seed:</source>
        <translation>Startwert (Seed):</translation>
    </message>
    <message>
        <source>The same seed gives the same result</source>
        <translation>Derselbe Startwert ergibt dasselbe Ergebnis</translation>
    </message>
    <message>
        <source>Judge a mask that was made elsewhere: the same review, without a promptable model</source>
        <translation>Eine Maske beurteilen, die anderswo entstanden ist: dieselbe Durchsicht, ohne promptbares Modell</translation>
    </message>
    <message>
        <source>Judge a mask made elsewhere</source>
        <translation>Maske von anderswo beurteilen</translation>
    </message>
    <message>
        <source>Mask:</source>
        <translation>Maske:</translation>
    </message>
    <message>
        <source>A segmentation or a label map that was made elsewhere, such as by TotalSegmentator or by a colleague</source>
        <translation>Eine Segmentierung oder Labelmap, die anderswo entstanden ist, etwa mit TotalSegmentator oder von einem Kollegen</translation>
    </message>
    <message>
        <source>Choose a segmentation or a label map</source>
        <translation>Wählen Sie eine Segmentierung oder Labelmap</translation>
    </message>
    <message>
        <source>File...</source>
        <translation>Datei...</translation>
    </message>
    <message>
        <source>Load a file with masks: .seg.nrrd, NIfTI, NRRD or MetaImage</source>
        <translation>Eine Datei mit Masken laden: .seg.nrrd, NIfTI, NRRD oder MetaImage</translation>
    </message>
    <message>
        <source>The segment, or the value of the label map, that is the organ of the section Inputs</source>
        <translation>Das Segment oder der Wert der Labelmap, der das Organ des Abschnitts Eingaben ist</translation>
    </message>
    <message>
        <source>Judge</source>
        <translation>Beurteilen</translation>
    </message>
    <message>
        <source>Judge the mask on the volume of the section Inputs, slice by slice; it stays as it is, and no model is needed</source>
        <translation>Die Maske auf dem Volumen des Abschnitts Eingaben Schicht für Schicht beurteilen; sie bleibt, wie sie ist, und ein Modell ist nicht nötig</translation>
    </message>
    <message>
        <source>Work off several volumes, one after the other, and review those that are finished</source>
        <translation>Mehrere Volumen nacheinander abarbeiten und die fertigen durchsehen</translation>
    </message>
    <message>
        <source>Several volumes</source>
        <translation>Mehrere Volumen</translation>
    </message>
    <message>
        <source>Volumes:</source>
        <translation>Volumen:</translation>
    </message>
    <message>
        <source>Which volumes are worked off, one after the other</source>
        <translation>Welche Volumen nacheinander abgearbeitet werden</translation>
    </message>
    <message>
        <source>Images:</source>
        <translation>Bilder:</translation>
    </message>
    <message>
        <source>Images (NIfTI, NRRD, MetaImage, PNG) and folders of DICOM series in this folder</source>
        <translation>Bilder (NIfTI, NRRD, MetaImage, PNG) und Ordner mit DICOM-Serien in diesem Ordner</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Choose the folder with images</source>
        <translation>Wählen Sie den Ordner mit Bildern</translation>
    </message>
    <message>
        <source>Masks to judge:</source>
        <translation>Zu beurteilende Masken:</translation>
    </message>
    <message>
        <source>Judge the masks of this folder, paired with the images by name, and segment nothing; leave it empty to segment</source>
        <translation>Die Masken dieses Ordners beurteilen, nach Namen den Bildern zugeordnet, und nichts segmentieren; leer lassen, um zu segmentieren</translation>
    </message>
    <message>
        <source>None: segment the images</source>
        <translation>Keine: die Bilder segmentieren</translation>
    </message>
    <message>
        <source>Choose the folder with masks</source>
        <translation>Wählen Sie den Ordner mit Masken</translation>
    </message>
    <message>
        <source>Guides:</source>
        <translation>Vorlagen:</translation>
    </message>
    <message>
        <source>A guide for each image, paired with the images by name: a mask or probability map. Where each image has a folder of them, the file is named below</source>
        <translation>Eine Vorlage für jedes Bild, nach Namen den Bildern zugeordnet: eine Maske oder Wahrscheinlichkeitskarte. Wenn jedes Bild einen Ordner davon hat, wird die Datei unten genannt</translation>
    </message>
    <message>
        <source>Organ in masks:</source>
        <translation>Organ in Masken:</translation>
    </message>
    <message>
        <source>Where a mask&apos;s or guide&apos;s file holds several organs: the organ&apos;s labels, such as 1+2, or all; of the masks where both are given. Where each image has a folder of them: the file, such as spleen</source>
        <translation>Wenn die Datei einer Maske oder Vorlage mehrere Organe enthält: die Labels des Organs, etwa 1+2, oder all; die der Masken, wenn beide angegeben sind. Wenn jedes Bild einen Ordner davon hat: die Datei, etwa spleen</translation>
    </message>
    <message>
        <source>The only one</source>
        <translation>Das einzige</translation>
    </message>
    <message>
        <source>Results in:</source>
        <translation>Ergebnisse in:</translation>
    </message>
    <message>
        <source>One folder a volume, and the table as CSV, JSON and page; finished volumes with the same inputs are not run again</source>
        <translation>Ein Ordner je Volumen, und die Tabelle als CSV, JSON und Seite; fertige Volumen mit denselben Eingaben laufen nicht noch einmal</translation>
    </message>
    <message>
        <source>Beside the images; of the scene, until Slicer closes</source>
        <translation>Neben den Bildern; bei Volumen der Szene, bis Slicer schließt</translation>
    </message>
    <message>
        <source>Choose the folder for the results</source>
        <translation>Wählen Sie den Ordner für die Ergebnisse</translation>
    </message>
    <message>
        <source>Run all</source>
        <translation>Alle starten</translation>
    </message>
    <message>
        <source>Work off all volumes with the settings above; Slicer stays usable, and finished volumes can be reviewed meanwhile</source>
        <translation>Alle Volumen mit den Einstellungen oben abarbeiten; Slicer bleibt bedienbar, und fertige Volumen können inzwischen durchgesehen werden</translation>
    </message>
    <message>
        <source>Show results</source>
        <translation>Ergebnisse zeigen</translation>
    </message>
    <message>
        <source>Show the results that are in the folder already, also of the command hermes cohort; nothing is run</source>
        <translation>Die Ergebnisse zeigen, die schon im Ordner sind, auch die des Befehls hermes cohort; nichts wird gerechnet</translation>
    </message>
    <message>
        <source>Cancel this one</source>
        <translation>Dieses abbrechen</translation>
    </message>
    <message>
        <source>End the selected volume; the others go on</source>
        <translation>Das gewählte Volumen beenden; die anderen laufen weiter</translation>
    </message>
    <message>
        <source>All volumes, worst first; the order stays while a volume is open. Click a row to bring the volume and its result into the views</source>
        <translation>Alle Volumen, das schlechteste zuerst; die Reihenfolge bleibt, solange ein Volumen offen ist. Klicken Sie auf eine Zeile, um Volumen und Ergebnis in die Ansichten zu holen</translation>
    </message>
    <message>
        <source>How far the queue is, and where results are</source>
        <translation>Wie weit die Warteschlange ist, und wo Ergebnisse liegen</translation>
    </message>
    <message>
        <source>Next volume</source>
        <translation>Nächstes Volumen</translation>
    </message>
    <message>
        <source>Open the next volume that needs a look; key n does it when all slices of a volume are decided</source>
        <translation>Das nächste Volumen öffnen, das angesehen werden muss; die Taste n tut es, wenn über alle Schichten eines Volumens entschieden ist</translation>
    </message>
    <message>
        <source>Accept all that reached, everywhere</source>
        <translation>Überall alle annehmen, die sie erreicht haben</translation>
    </message>
    <message>
        <source>Accept the slices of all finished volumes that reached the threshold and bear no mark</source>
        <translation>Die Schichten aller fertigen Volumen annehmen, die die Schwelle erreicht haben und keine Markierung tragen</translation>
    </message>
    <message>
        <source>Export all...</source>
        <translation>Alle exportieren...</translation>
    </message>
    <message>
        <source>Copy the accepted masks of all volumes to a folder, with a table</source>
        <translation>Die angenommenen Masken aller Volumen in einen Ordner kopieren, mit einer Tabelle</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>Durchsicht</translation>
    </message>
    <message>
        <source>Look at the slices and decide on each</source>
        <translation>Die Schichten ansehen und über jede entscheiden</translation>
    </message>
    <message>
        <source>The result at a glance; the quality of the whole is the Dice of the volume, estimated from the slices</source>
        <translation>Das Ergebnis auf einen Blick; die Qualität des Ganzen ist der Dice des Volumens, geschätzt aus den Schichten</translation>
    </message>
    <message>
        <source>The slice in view, on which Accept, Edit and Reject act</source>
        <translation>Die Schicht in der Ansicht, auf die Annehmen, Bearbeiten und Ablehnen wirken</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>Annehmen</translation>
    </message>
    <message>
        <source>Accept the mask in view for the slice in view</source>
        <translation>Die Maske in der Ansicht für ihre Schicht annehmen</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Correct the slice in view in the Segment Editor</source>
        <translation>Die Schicht in der Ansicht im Segment Editor korrigieren</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>Ablehnen</translation>
    </message>
    <message>
        <source>Reject the slice in view: it has no usable mask</source>
        <translation>Die Schicht in der Ansicht ablehnen: Sie hat keine brauchbare Maske</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Take back the last step</source>
        <translation>Den letzten Schritt zurücknehmen</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Do again what was taken back last</source>
        <translation>Wieder tun, was zuletzt zurückgenommen wurde</translation>
    </message>
    <message>
        <source>Previous</source>
        <translation>Vorige</translation>
    </message>
    <message>
        <source>The slice before in the order of slices that need a look</source>
        <translation>Die Schicht davor in der Reihenfolge der anzusehenden Schichten</translation>
    </message>
    <message>
        <source>Next to look at</source>
        <translation>Nächste anzusehende</translation>
    </message>
    <message>
        <source>The next slice that needs a look, worst first</source>
        <translation>Die nächste anzusehende Schicht, die schlechteste zuerst</translation>
    </message>
    <message>
        <source>Accept all that reached the threshold</source>
        <translation>Alle annehmen, die die Schwelle erreicht haben</translation>
    </message>
    <message>
        <source>Accept the best mask of every undecided slice that reached the threshold and bears no mark; what is below, borderline, unfamiliar or otherwise marked waits for a look</source>
        <translation>Die beste Maske jeder offenen Schicht annehmen, die die Schwelle erreicht hat und keine Markierung trägt; was darunter liegt, ein Grenzfall, unbekannt oder sonst markiert ist, muss angesehen werden</translation>
    </message>
    <message>
        <source>One cell per slice; click a cell to go to its slice</source>
        <translation>Eine Zelle je Schicht; klicken Sie auf eine Zelle, um zu ihrer Schicht zu gehen</translation>
    </message>
    <message>
        <source>What the colours of the strip stand for</source>
        <translation>Wofür die Farben des Streifens stehen</translation>
    </message>
    <message>
        <source>Try:</source>
        <translation>Versuch:</translation>
    </message>
    <message>
        <source>The try in view: the first mask, and each later one that the loop prompted for (iterations)</source>
        <translation>Der Versuch in der Ansicht: die erste Maske und jede spätere, nach der die Schleife gefragt hat (Iterationen)</translation>
    </message>
    <message>
        <source>Which try is in view, and its estimated quality; the best one is the result</source>
        <translation>Welcher Versuch in der Ansicht ist, und seine geschätzte Qualität; der beste ist das Ergebnis</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Unterschied</translation>
    </message>
    <message>
        <source>Fill where mask and expected outline (pGT) differ. The expected outline is an estimate.</source>
        <translation>Füllen, wo Maske und erwarteter Umriss (pGT) sich unterscheiden. Der erwartete Umriss ist eine Schätzung.</translation>
    </message>
    <message>
        <source>Doubt</source>
        <translation>Zweifel</translation>
    </message>
    <message>
        <source>Outline in thin lines what certainly (above 90 %) and what possibly (above 10 %) belongs to the organ: the spread of the expected outline (pGT)</source>
        <translation>In dünnen Linien umreißen, was sicher (über 90 %) und was möglicherweise (über 10 %) zum Organ gehört: die Streuung des erwarteten Umrisses (pGT)</translation>
    </message>
    <message>
        <source>Prompts</source>
        <translation>Prompts</translation>
    </message>
    <message>
        <source>Draw the prompts of the try in the views; they can be moved</source>
        <translation>Die Prompts des Versuchs in die Ansichten zeichnen; sie können verschoben werden</translation>
    </message>
    <message>
        <source>Try before</source>
        <translation>Voriger Versuch</translation>
    </message>
    <message>
        <source>Show the outline of the try before in grey</source>
        <translation>Den Umriss des vorigen Versuchs in Grau zeigen</translation>
    </message>
    <message>
        <source>3D</source>
        <translation>3D</translation>
    </message>
    <message>
        <source>Show the accepted masks in 3D; before anything is accepted, the proposed result, translucent</source>
        <translation>Die angenommenen Masken in 3D zeigen; bevor etwas angenommen ist, das vorgeschlagene Ergebnis, durchscheinend</translation>
    </message>
    <message>
        <source>What the colours in the views stand for, as in overview.png</source>
        <translation>Wofür die Farben in den Ansichten stehen, wie in overview.png</translation>
    </message>
    <message>
        <source>All slices; the order stays while you work. Click a row to go to its slice</source>
        <translation>Alle Schichten; die Reihenfolge bleibt, während Sie arbeiten. Klicken Sie auf eine Zeile, um zu ihrer Schicht zu gehen</translation>
    </message>
    <message>
        <source>Layout for reading</source>
        <translation>Layout zum Befunden</translation>
    </message>
    <message>
        <source>Slices, 3D and plot side by side; the same button leads back</source>
        <translation>Schichten, 3D und Kurve nebeneinander; derselbe Knopf führt zurück</translation>
    </message>
    <message>
        <source>Zoom on the organ</source>
        <translation>Auf das Organ zoomen</translation>
    </message>
    <message>
        <source>Let the views show the organ and its surroundings, with contrast for it; r in a view shows all again</source>
        <translation>Die Ansichten das Organ und seine Umgebung zeigen lassen, mit Kontrast dafür; r in einer Ansicht zeigt wieder alles</translation>
    </message>
    <message>
        <source>Rerun from mask</source>
        <translation>Noch einmal von der Maske</translation>
    </message>
    <message>
        <source>Run this slice again from its accepted or edited mask, else from the mask in view</source>
        <translation>Diese Schicht noch einmal starten, von ihrer angenommenen oder bearbeiteten Maske, sonst von der Maske in der Ansicht</translation>
    </message>
    <message>
        <source>Rerun from prompt</source>
        <translation>Noch einmal vom Prompt</translation>
    </message>
    <message>
        <source>Run this slice again from the prompt in the views, which you may move first</source>
        <translation>Diese Schicht noch einmal starten, vom Prompt in den Ansichten, den Sie vorher verschieben können</translation>
    </message>
    <message>
        <source>They act while this module is open, in the panel and in the views</source>
        <translation>Sie wirken, solange dieses Modul offen ist, im Panel und in den Ansichten</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Export</translation>
    </message>
    <message>
        <source>Take the accepted slices out of the module</source>
        <translation>Die angenommenen Schichten aus dem Modul herausnehmen</translation>
    </message>
    <message>
        <source>Segmentation:</source>
        <translation>Segmentierung:</translation>
    </message>
    <message>
        <source>An existing segmentation, or a new one</source>
        <translation>Eine bestehende Segmentierung oder eine neue</translation>
    </message>
    <message>
        <source>New segmentation</source>
        <translation>Neue Segmentierung</translation>
    </message>
    <message>
        <source>To segmentation</source>
        <translation>In die Segmentierung</translation>
    </message>
    <message>
        <source>Add the accepted slices as a segment</source>
        <translation>Die angenommenen Schichten als Segment hinzufügen</translation>
    </message>
    <message>
        <source>To file...</source>
        <translation>In eine Datei...</translation>
    </message>
    <message>
        <source>Save the accepted slices as .seg.nrrd or NIfTI</source>
        <translation>Die angenommenen Schichten als .seg.nrrd oder NIfTI speichern</translation>
    </message>
    <message>
        <source>DICOM SEG...</source>
        <translation>DICOM SEG...</translation>
    </message>
    <message>
        <source>Save the accepted slices as a DICOM Segmentation object</source>
        <translation>Die angenommenen Schichten als DICOM-Segmentation-Objekt speichern</translation>
    </message>
    <message>
        <source>Report...</source>
        <translation>Bericht...</translation>
    </message>
    <message>
        <source>Save numbers and provenance as JSON and CSV</source>
        <translation>Zahlen und Herkunft als JSON und CSV speichern</translation>
    </message>
    <message>
        <source>What was exported, or why it cannot be</source>
        <translation>Was exportiert wurde, oder warum es nicht geht</translation>
    </message>
    <message>
        <source>For research. Not a medical device, not for clinical use.</source>
        <translation>Für die Forschung. Kein Medizinprodukt, nicht für den klinischen Gebrauch.</translation>
    </message>
    <message>
        <source>What the results are for; reports and DICOM objects state it, too</source>
        <translation>Wofür die Ergebnisse sind; auch Berichte und DICOM-Objekte sagen es</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.bent_volume</name>
    <message>
        <source>{volume} is under a transform that bends it ({transform}), so no view shows its slices as they are: use a hardened copy, or remove the transform</source>
        <translation>{volume} liegt unter einer Transformation, die es verbiegt ({transform}), so dass keine Ansicht seine Schichten zeigt, wie sie sind: Verwenden Sie eine Kopie mit angewandter Transformation, oder entfernen Sie die Transformation</translation>
    </message>
    <message>
        <source>{name} hardened</source>
        <translation>{name} transformiert</translation>
    </message>
    <message>
        <source>{name} cannot be copied</source>
        <translation>{name} kann nicht kopiert werden</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.charts</name>
    <message>
        <source>lower end of its range</source>
        <translation>unteres Ende des Bereichs</translation>
    </message>
    <message>
        <source>upper end of its range</source>
        <translation>oberes Ende des Bereichs</translation>
    </message>
    <message>
        <source>threshold</source>
        <translation>Schwelle</translation>
    </message>
    <message>
        <source>{name} (pDSC)</source>
        <translation>{name} (pDSC)</translation>
    </message>
    <message>
        <source>try (dots: range; dashes: threshold)</source>
        <translation>Versuch (Punkte: Bereich; Striche: Schwelle)</translation>
    </message>
    <message>
        <source>try (dots: 90 % range; dashes: good enough from here)</source>
        <translation>Versuch (Punkte: 90-%-Bereich; Striche: ab hier gut genug)</translation>
    </message>
    <message>
        <source>Slice {number}</source>
        <translation>Schicht {number}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.dicom_placement</name>
    <message>
        <source>{volume} does not lie where its DICOM files say (up to {mm:.1f} mm off): slices are missing, the gantry was tilted, or several images share a place; &apos;hermes series&apos; lists what the folder holds, &apos;hermes refine&apos; reads or refuses it</source>
        <translation>{volume} liegt nicht dort, wo seine DICOM-Dateien sagen (bis zu {mm:.1f} mm daneben): Schichten fehlen, die Gantry war gekippt, oder mehrere Bilder teilen sich einen Ort; &apos;hermes series&apos; listet auf, was der Ordner enthält, &apos;hermes refine&apos; liest es oder lehnt es ab</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.dicom_seg</name>
    <message>
        <source>DICOM SEG: the volume was not loaded from DICOM.</source>
        <translation>DICOM SEG: Das Volumen wurde nicht aus DICOM geladen.</translation>
    </message>
    <message>
        <source>DICOM SEG: this Slicer has no exporter; install a newer Slicer, or the extension QuantitativeReporting.</source>
        <translation>DICOM SEG: Dieses Slicer hat keinen Exporter; installieren Sie ein neueres Slicer oder die Erweiterung QuantitativeReporting.</translation>
    </message>
    <message>
        <source>DICOM SEG: Slicer&apos;s DICOM database is not open; open the module DICOM.</source>
        <translation>DICOM SEG: Die DICOM-Datenbank von Slicer ist nicht geöffnet; öffnen Sie das Modul DICOM.</translation>
    </message>
    <message>
        <source>DICOM SEG: the volume&apos;s files are not in Slicer&apos;s DICOM database; import the series again.</source>
        <translation>DICOM SEG: Die Dateien des Volumens sind nicht in der DICOM-Datenbank von Slicer; importieren Sie die Serie noch einmal.</translation>
    </message>
    <message>
        <source>DICOM SEG: {reason}</source>
        <translation>DICOM SEG: {reason}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.export</name>
    <message>
        <source>{organ} segmentation</source>
        <translation>Segmentierung {organ}</translation>
    </message>
    <message>
        <source>{name} has an unknown file type; choose {types}</source>
        <translation>{name} hat einen unbekannten Dateityp; wählen Sie {types}</translation>
    </message>
    <message>
        <source>{name} cannot be written</source>
        <translation>{name} kann nicht geschrieben werden</translation>
    </message>
    <message>
        <source>{name} is under a transform that bends it: choose New segmentation, or harden the transform of {name} first (module Data, right click, Harden transform)</source>
        <translation>{name} liegt unter einer Transformation, die es verbiegt: Wählen Sie Neue Segmentierung, oder wenden Sie zuerst die Transformation von {name} an (Modul Data, rechte Maustaste, Harden transform)</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.export_section</name>
    <message>
        <source>The export failed.</source>
        <translation>Der Export ist fehlgeschlagen.</translation>
    </message>
    <message>
        <source>Export accepted slices</source>
        <translation>Angenommene Schichten exportieren</translation>
    </message>
    <message>
        <source>Folder for the DICOM SEG</source>
        <translation>Ordner für das DICOM SEG</translation>
    </message>
    <message>
        <source>Export report</source>
        <translation>Bericht exportieren</translation>
    </message>
    <message>
        <source>no slice is accepted yet</source>
        <translation>noch ist keine Schicht angenommen</translation>
    </message>
    <message>
        <source>Accept slices first.</source>
        <translation>Nehmen Sie zuerst Schichten an.</translation>
    </message>
    <message>
        <source>Exported to {name}.</source>
        <translation>Exportiert nach {name}.</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.foreign_masks</name>
    <message>
        <source>The guide {name} has no voxel in {volume}</source>
        <translation>Die Vorlage {name} hat kein Voxel in {volume}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.greying</name>
    <message>
        <source>{use}
Not now: {obstacle}</source>
        <translation>{use}
Jetzt nicht: {obstacle}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.inputs_section</name>
    <message>
        <source>Auto</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Graphics card (CUDA)</source>
        <translation>Grafikkarte (CUDA)</translation>
    </message>
    <message>
        <source>Processor (CPU)</source>
        <translation>Prozessor (CPU)</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>The slice in view</source>
        <translation>Die Schicht in der Ansicht</translation>
    </message>
    <message>
        <source>From ... to</source>
        <translation>Von ... bis</translation>
    </message>
    <message>
        <source>Small, bundled (research)</source>
        <translation>Klein, mitgeliefert (Forschung)</translation>
    </message>
    <message>
        <source>Select a volume first</source>
        <translation>Wählen Sie zuerst ein Volumen</translation>
    </message>
    <message>
        <source>The volume was not copied.</source>
        <translation>Das Volumen wurde nicht kopiert.</translation>
    </message>
    <message>
        <source>no box is drawn</source>
        <translation>kein Rahmen ist gezeichnet</translation>
    </message>
    <message>
        <source>{model} takes {kinds} only together with {always}, on the command line.</source>
        <translation>{model} nimmt {kinds} nur zusammen mit {always}, auf der Kommandozeile.</translation>
    </message>
    <message>
        <source>{model} does not take {kinds}.</source>
        <translation>{model} nimmt keine {kinds}.</translation>
    </message>
    <message>
        <source> or </source>
        <translation> oder </translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.judge_section</name>
    <message>
        <source>Masks (*.seg.nrrd *.nii.gz *.nii *.nrrd *.mha)</source>
        <translation>Masken (*.seg.nrrd *.nii.gz *.nii *.nrrd *.mha)</translation>
    </message>
    <message>
        <source>Mask to judge</source>
        <translation>Zu beurteilende Maske</translation>
    </message>
    <message>
        <source>The mask was not loaded.</source>
        <translation>Die Maske wurde nicht geladen.</translation>
    </message>
    <message>
        <source>choose a mask first</source>
        <translation>wählen Sie zuerst eine Maske</translation>
    </message>
    <message>
        <source>there is only one</source>
        <translation>es gibt nur eine</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.label_fields</name>
    <message>
        <source>The organ&apos;s label must be a number such as 3, several as 1+2, or all</source>
        <translation>Das Label des Organs muss eine Zahl wie 3 sein, mehrere als 1+2, oder all</translation>
    </message>
    <message>
        <source>The labels could not be read.</source>
        <translation>Die Labels konnten nicht gelesen werden.</translation>
    </message>
    <message>
        <source>Found: {labels}</source>
        <translation>Gefunden: {labels}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.library_words</name>
    <message>
        <source>estimated quality</source>
        <translation>geschätzte Qualität</translation>
    </message>
    <message>
        <source>quality</source>
        <translation>Qualität</translation>
    </message>
    <message>
        <source>Estimated Dice of the mask and the unknown truth</source>
        <translation>Geschätzter Dice der Maske und der unbekannten Wahrheit</translation>
    </message>
    <message>
        <source>The true Dice is expected in this range</source>
        <translation>Der wahre Dice wird in diesem Bereich erwartet</translation>
    </message>
    <message>
        <source>agreement with the guide</source>
        <translation>Übereinstimmung mit der Vorlage</translation>
    </message>
    <message>
        <source>agreement</source>
        <translation>Übereinst.</translation>
    </message>
    <message>
        <source>Dice of the mask and the guide</source>
        <translation>Dice der Maske und der Vorlage</translation>
    </message>
    <message>
        <source>The agreement with narrower and wider outlines of the guide</source>
        <translation>Die Übereinstimmung mit engeren und weiteren Umrissen der Vorlage</translation>
    </message>
    <message>
        <source>agreement with the guide is no estimate of the true quality: where the guide is wrong, a mask that follows it agrees</source>
        <translation>Übereinstimmung mit der Vorlage ist keine Schätzung der wahren Qualität: Wo die Vorlage falsch ist, stimmt eine Maske, die ihr folgt, mit ihr überein</translation>
    </message>
    <message>
        <source>score of the judge</source>
        <translation>Bewertung des Prüfers</translation>
    </message>
    <message>
        <source>judge</source>
        <translation>Prüfer</translation>
    </message>
    <message>
        <source>The judge&apos;s own number for the mask</source>
        <translation>Die eigene Zahl des Prüfers für die Maske</translation>
    </message>
    <message>
        <source>The judge&apos;s own range</source>
        <translation>Der eigene Bereich des Prüfers</translation>
    </message>
    <message>
        <source>the score of the judge is not calibrated: it is no estimate of the true quality</source>
        <translation>die Bewertung des Prüfers ist nicht kalibriert: Sie ist keine Schätzung der wahren Qualität</translation>
    </message>
    <message>
        <source>score</source>
        <translation>Bewertung</translation>
    </message>
    <message>
        <source>What the number is differs from row to row</source>
        <translation>Was die Zahl ist, unterscheidet sich von Zeile zu Zeile</translation>
    </message>
    <message>
        <source>What the range is differs from row to row</source>
        <translation>Was der Bereich ist, unterscheidet sich von Zeile zu Zeile</translation>
    </message>
    <message>
        <source>the scores are of different kinds and cannot be compared; not all estimate the true quality</source>
        <translation>die Bewertungen sind verschiedener Art und nicht vergleichbar; nicht alle schätzen die wahre Qualität</translation>
    </message>
    <message>
        <source>mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <source>expected outline</source>
        <translation>erwarteter Umriss</translation>
    </message>
    <message>
        <source>only in mask</source>
        <translation>nur in der Maske</translation>
    </message>
    <message>
        <source>only in expected outline</source>
        <translation>nur im erwarteten Umriss</translation>
    </message>
    <message>
        <source>prompt +</source>
        <translation>Prompt +</translation>
    </message>
    <message>
        <source>prompt −</source>
        <translation>Prompt −</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>angenommen</translation>
    </message>
    <message>
        <source>A mask or probability map</source>
        <translation>Eine Maske oder Wahrscheinlichkeitskarte</translation>
    </message>
    <message>
        <source>mask or probability map</source>
        <translation>Maske oder Wahrscheinlichkeitskarte</translation>
    </message>
    <message>
        <source>TotalSegmentator (CT and MR, some 100 structures)</source>
        <translation>TotalSegmentator (CT und MR, etwa 100 Strukturen)</translation>
    </message>
    <message>
        <source>output folder or file</source>
        <translation>Ausgabeordner oder -datei</translation>
    </message>
    <message>
        <source>nnU-Net</source>
        <translation>nnU-Net</translation>
    </message>
    <message>
        <source>model folder</source>
        <translation>Modellordner</translation>
    </message>
    <message>
        <source>MONAI bundle</source>
        <translation>MONAI-Bundle</translation>
    </message>
    <message>
        <source>bundle folder</source>
        <translation>Bundle-Ordner</translation>
    </message>
    <message>
        <source>TAPS (prostate, T2-weighted MR)</source>
        <translation>TAPS (Prostata, T2-gewichtetes MR)</translation>
    </message>
    <message>
        <source>Agreement with the expected outline (Dice)</source>
        <translation>Übereinstimmung mit dem erwarteten Umriss (Dice)</translation>
    </message>
    <message>
        <source>The model&apos;s own estimate (predicted IoU)</source>
        <translation>Die eigene Schätzung des Modells (vorhergesagte IoU)</translation>
    </message>
    <message>
        <source>The model asked again with the mask as its prompt</source>
        <translation>Das Modell, noch einmal gefragt mit der Maske als Prompt</translation>
    </message>
    <message>
        <source>Pairwise Dice of the model&apos;s answers to moved prompts</source>
        <translation>Paarweiser Dice der Antworten des Modells auf verschobene Prompts</translation>
    </message>
    <message>
        <source>Variance of the model&apos;s answers to moved prompts</source>
        <translation>Varianz der Antworten des Modells auf verschobene Prompts</translation>
    </message>
    <message>
        <source>The mask carried over to labelled slices (RCA)</source>
        <translation>Die Maske, übertragen auf annotierte Schichten (RCA)</translation>
    </message>
    <message>
        <source>The outline compared with the brightness around it</source>
        <translation>Der Umriss, verglichen mit der Helligkeit um ihn</translation>
    </message>
    <message>
        <source>The mask as the example by which labelled slices are segmented (RCA)</source>
        <translation>Die Maske als Beispiel, nach dem annotierte Schichten segmentiert werden (RCA)</translation>
    </message>
    <message>
        <source>Box and clicks</source>
        <translation>Rahmen und Klicks</translation>
    </message>
    <message>
        <source>box</source>
        <translation>Rahmen</translation>
    </message>
    <message>
        <source>scribbles</source>
        <translation>Striche</translation>
    </message>
    <message>
        <source>clicks</source>
        <translation>Klicks</translation>
    </message>
    <message>
        <source>examples</source>
        <translation>Beispiele</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>Rahmen</translation>
    </message>
    <message>
        <source>Scribbles</source>
        <translation>Striche</translation>
    </message>
    <message>
        <source>Clicks</source>
        <translation>Klicks</translation>
    </message>
    <message>
        <source>Examples</source>
        <translation>Beispiele</translation>
    </message>
    <message>
        <source>MedSAM (boxes)</source>
        <translation>MedSAM (Rahmen)</translation>
    </message>
    <message>
        <source>ScribblePrompt UNet (scribbles, clicks, boxes)</source>
        <translation>ScribblePrompt UNet (Striche, Klicks, Rahmen)</translation>
    </message>
    <message>
        <source>MIDeepSeg (clicks)</source>
        <translation>MIDeepSeg (Klicks)</translation>
    </message>
    <message>
        <source>UniverSeg (examples)</source>
        <translation>UniverSeg (Beispiele)</translation>
    </message>
    <message>
        <source>MultiverSeg (examples, also with scribbles, clicks, boxes)</source>
        <translation>MultiverSeg (Beispiele, auch mit Strichen, Klicks, Rahmen)</translation>
    </message>
    <message>
        <source>nnInteractive (whole volumes, on a server)</source>
        <translation>nnInteractive (ganze Volumen, auf einem Server)</translation>
    </message>
    <message>
        <source>Segment Anything (box and clicks, scribbles)</source>
        <translation>Segment Anything (Rahmen und Klicks, Striche)</translation>
    </message>
    <message>
        <source>ScribblePrompt-SAM (box and clicks, scribbles)</source>
        <translation>ScribblePrompt-SAM (Rahmen und Klicks, Striche)</translation>
    </message>
    <message>
        <source>SAM-Med2D (box and clicks, scribbles)</source>
        <translation>SAM-Med2D (Rahmen und Klicks, Striche)</translation>
    </message>
    <message>
        <source>SAM 2.1 (box and clicks, scribbles)</source>
        <translation>SAM 2.1 (Rahmen und Klicks, Striche)</translation>
    </message>
    <message>
        <source>MedSAM2 (box and clicks, scribbles)</source>
        <translation>MedSAM2 (Rahmen und Klicks, Striche)</translation>
    </message>
    <message>
        <source>SAM 2.1, propagated (whole volumes)</source>
        <translation>SAM 2.1, propagiert (ganze Volumen)</translation>
    </message>
    <message>
        <source>MedSAM2, propagated (whole volumes)</source>
        <translation>MedSAM2, propagiert (ganze Volumen)</translation>
    </message>
    <message>
        <source>Prostate, T2-weighted MR</source>
        <translation>Prostata, T2-gewichtetes MR</translation>
    </message>
    <message>
        <source>Spleen, CT</source>
        <translation>Milz, CT</translation>
    </message>
    <message>
        <source>Adrenal gland</source>
        <translation>Nebenniere</translation>
    </message>
    <message>
        <source>Aorta</source>
        <translation>Aorta</translation>
    </message>
    <message>
        <source>Urinary bladder</source>
        <translation>Harnblase</translation>
    </message>
    <message>
        <source>Brain</source>
        <translation>Gehirn</translation>
    </message>
    <message>
        <source>Clavicle</source>
        <translation>Schlüsselbein</translation>
    </message>
    <message>
        <source>Colon</source>
        <translation>Kolon</translation>
    </message>
    <message>
        <source>Duodenum</source>
        <translation>Duodenum</translation>
    </message>
    <message>
        <source>Esophagus</source>
        <translation>Ösophagus</translation>
    </message>
    <message>
        <source>Femur</source>
        <translation>Femur</translation>
    </message>
    <message>
        <source>Gallbladder</source>
        <translation>Gallenblase</translation>
    </message>
    <message>
        <source>Heart</source>
        <translation>Herz</translation>
    </message>
    <message>
        <source>Hip</source>
        <translation>Hüftbein</translation>
    </message>
    <message>
        <source>Humerus</source>
        <translation>Humerus</translation>
    </message>
    <message>
        <source>Inferior vena cava</source>
        <translation>Vena cava inferior</translation>
    </message>
    <message>
        <source>Kidney</source>
        <translation>Niere</translation>
    </message>
    <message>
        <source>Liver</source>
        <translation>Leber</translation>
    </message>
    <message>
        <source>Lung</source>
        <translation>Lunge</translation>
    </message>
    <message>
        <source>Mandible</source>
        <translation>Unterkiefer</translation>
    </message>
    <message>
        <source>Structure</source>
        <translation>Struktur</translation>
    </message>
    <message>
        <source>Pancreas</source>
        <translation>Pankreas</translation>
    </message>
    <message>
        <source>Portal vein and splenic vein</source>
        <translation>Pfortader und Milzvene</translation>
    </message>
    <message>
        <source>Prostate</source>
        <translation>Prostata</translation>
    </message>
    <message>
        <source>Pulmonary artery</source>
        <translation>Pulmonalarterie</translation>
    </message>
    <message>
        <source>Sacrum</source>
        <translation>Kreuzbein</translation>
    </message>
    <message>
        <source>Scapula</source>
        <translation>Schulterblatt</translation>
    </message>
    <message>
        <source>Seminal Vesicle</source>
        <translation>Samenblase</translation>
    </message>
    <message>
        <source>Skeletal muscle</source>
        <translation>Skelettmuskel</translation>
    </message>
    <message>
        <source>Skull</source>
        <translation>Schädel</translation>
    </message>
    <message>
        <source>Small Intestine</source>
        <translation>Dünndarm</translation>
    </message>
    <message>
        <source>Spinal cord</source>
        <translation>Rückenmark</translation>
    </message>
    <message>
        <source>Spleen</source>
        <translation>Milz</translation>
    </message>
    <message>
        <source>Sternum</source>
        <translation>Brustbein</translation>
    </message>
    <message>
        <source>Stomach</source>
        <translation>Magen</translation>
    </message>
    <message>
        <source>Superior vena cava</source>
        <translation>Vena cava superior</translation>
    </message>
    <message>
        <source>Thyroid</source>
        <translation>Schilddrüse</translation>
    </message>
    <message>
        <source>Tibia</source>
        <translation>Tibia</translation>
    </message>
    <message>
        <source>Trachea</source>
        <translation>Trachea</translation>
    </message>
    <message>
        <source>Uterus</source>
        <translation>Uterus</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.model_section</name>
    <message>
        <source>Folder with examples</source>
        <translation>Ordner mit Beispielen</translation>
    </message>
    <message>
        <source>This model has no bundled weights: import its weight file under Setup</source>
        <translation>Dieses Modell hat keine mitgelieferten Gewichte: importieren Sie seine Gewichtsdatei unter „Einrichtung“</translation>
    </message>
    <message>
        <source>The server&apos;s address cannot be used; one is {example}</source>
        <translation>Die Adresse des Servers kann nicht verwendet werden; eine solche ist {example}</translation>
    </message>
    <message>
        <source>The folder with examples is not there</source>
        <translation>Der Ordner mit Beispielen ist nicht da</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.open_volume</name>
    <message>
        <source>{name} has no complete results</source>
        <translation>{name} hat keine vollständigen Ergebnisse</translation>
    </message>
    <message>
        <source>{name} is no longer in the scene</source>
        <translation>{name} ist nicht mehr in der Szene</translation>
    </message>
    <message>
        <source>Decisions are not kept: {reason}</source>
        <translation>Entscheidungen werden nicht aufbewahrt: {reason}</translation>
    </message>
    <message>
        <source>wait for the slice that is being run again, or cancel it</source>
        <translation>warten Sie auf die Schicht, die noch einmal läuft, oder brechen Sie sie ab</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.packages</name>
    <message>
        <source>Install the extension PyTorch in Slicer&apos;s Extensions Manager and restart Slicer</source>
        <translation>Installieren Sie die Erweiterung PyTorch im Extensions Manager von Slicer und starten Sie Slicer neu</translation>
    </message>
    <message>
        <source>PyTorch was not installed</source>
        <translation>PyTorch wurde nicht installiert</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.panel</name>
    <message>
        <source>The run was ended: the scene was closed.</source>
        <translation>Der Lauf wurde beendet: Die Szene wurde geschlossen.</translation>
    </message>
    <message>
        <source>The run could not be started.</source>
        <translation>Der Lauf konnte nicht gestartet werden.</translation>
    </message>
    <message>
        <source>The sample could not be loaded.</source>
        <translation>Das Beispiel konnte nicht geladen werden.</translation>
    </message>
    <message>
        <source>The mask could not be judged.</source>
        <translation>Die Maske konnte nicht beurteilt werden.</translation>
    </message>
    <message>
        <source>a run is in progress</source>
        <translation>ein Lauf ist im Gange</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>End the run; finished tries are kept</source>
        <translation>Den Lauf beenden; fertige Versuche bleiben</translation>
    </message>
    <message>
        <source>Segment the selected slices</source>
        <translation>Die gewählten Schichten segmentieren</translation>
    </message>
    <message>
        <source>Install the missing packages first (Setup)</source>
        <translation>Installieren Sie zuerst die fehlenden Pakete (Einrichtung)</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.queue_control</name>
    <message>
        <source>The queue was stopped: {reason}</source>
        <translation>Die Warteschlange wurde angehalten: {reason}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.queue_inputs</name>
    <message>
        <source>Volumes of the scene</source>
        <translation>Volumen der Szene</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Folder with images</source>
        <translation>Ordner mit Bildern</translation>
    </message>
    <message>
        <source>Folder with masks to judge</source>
        <translation>Ordner mit zu beurteilenden Masken</translation>
    </message>
    <message>
        <source>Folder with guides</source>
        <translation>Ordner mit Vorlagen</translation>
    </message>
    <message>
        <source>Folder for the results</source>
        <translation>Ordner für die Ergebnisse</translation>
    </message>
    <message>
        <source>choose a folder with images</source>
        <translation>wählen Sie einen Ordner mit Bildern</translation>
    </message>
    <message>
        <source>the scene has no volume</source>
        <translation>die Szene hat kein Volumen</translation>
    </message>
    <message>
        <source>the volume is no longer in the scene</source>
        <translation>das Volumen ist nicht mehr in der Szene</translation>
    </message>
    <message>
        <source>the segmentation that guides it is no longer in the scene</source>
        <translation>die Segmentierung, die seine Vorlage ist, ist nicht mehr in der Szene</translation>
    </message>
    <message>
        <source>guided by {segment} of {node}</source>
        <translation>Vorlage: {segment} aus {node}</translation>
    </message>
    <message>
        <source>the guide is on another grid than the image; it was resampled</source>
        <translation>die Vorlage liegt auf einem anderen Gitter als das Bild; sie wurde umgerechnet</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.queue_section</name>
    <message>
        <source>The decisions could not be kept.</source>
        <translation>Die Entscheidungen konnten nicht aufbewahrt werden.</translation>
    </message>
    <message>
        <source>The queue could not be started.</source>
        <translation>Die Warteschlange konnte nicht gestartet werden.</translation>
    </message>
    <message>
        <source>The results could not be shown.</source>
        <translation>Die Ergebnisse konnten nicht gezeigt werden.</translation>
    </message>
    <message>
        <source>The volume could not be opened.</source>
        <translation>Das Volumen konnte nicht geöffnet werden.</translation>
    </message>
    <message>
        <source>Folder for the accepted masks</source>
        <translation>Ordner für die angenommenen Masken</translation>
    </message>
    <message>
        <source>The export failed.</source>
        <translation>Der Export ist fehlgeschlagen.</translation>
    </message>
    <message>
        <source>Masks of {count} volumes exported to {folder}</source>
        <translation>Masken von {count} Volumen nach {folder} exportiert</translation>
    </message>
    <message>
        <source>Cancel all</source>
        <translation>Alle abbrechen</translation>
    </message>
    <message>
        <source>Run all</source>
        <translation>Alle starten</translation>
    </message>
    <message>
        <source>the queue is at work</source>
        <translation>die Warteschlange arbeitet</translation>
    </message>
    <message>
        <source>Run again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>Cancel this one</source>
        <translation>Dieses abbrechen</translation>
    </message>
    <message>
        <source>select a volume that waits, runs, has failed or was cancelled</source>
        <translation>wählen Sie ein Volumen, das wartet, läuft, fehlgeschlagen ist oder abgebrochen wurde</translation>
    </message>
    <message>
        <source>no other volume needs a look</source>
        <translation>kein anderes Volumen muss angesehen werden</translation>
    </message>
    <message>
        <source>open one first</source>
        <translation>öffnen Sie zuerst eines</translation>
    </message>
    <message>
        <source>no volume is finished</source>
        <translation>kein Volumen ist fertig</translation>
    </message>
    <message>
        <source>accept slices first</source>
        <translation>nehmen Sie zuerst Schichten an</translation>
    </message>
    <message>
        <source>kept until Slicer closes</source>
        <translation>aufbewahrt, bis Slicer schließt</translation>
    </message>
    <message>
        <source>Results:</source>
        <translation>Ergebnisse:</translation>
    </message>
    <message>
        <source>The slices could not be accepted.</source>
        <translation>Die Schichten konnten nicht angenommen werden.</translation>
    </message>
    <message>
        <source>{count} slices are accepted in all</source>
        <translation>Insgesamt sind {count} Schichten angenommen</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.queue_table</name>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>reviewed</source>
        <translation>durchgesehen</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>Volumen</translation>
    </message>
    <message>
        <source>Click a row to bring the volume and its result into the views</source>
        <translation>Klicken Sie auf eine Zeile, um Volumen und Ergebnis in die Ansichten zu holen</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Stand</translation>
    </message>
    <message>
        <source>How the volume stands; why one failed is in its row</source>
        <translation>Wie es um das Volumen steht; warum eines fehlgeschlagen ist, steht in seiner Zeile</translation>
    </message>
    <message>
        <source>To look
at</source>
        <translation>Anzu-
sehen</translation>
    </message>
    <message>
        <source>Slices that still need a look, as you have not decided on them</source>
        <translation>Schichten, die noch angesehen werden müssen, da Sie nicht über sie entschieden haben</translation>
    </message>
    <message>
        <source>Reached</source>
        <translation>Erreicht</translation>
    </message>
    <message>
        <source>Slices that reached the threshold and bear no mark, or agree with a guide</source>
        <translation>Schichten, die die Schwelle erreicht haben und keine Markierung tragen, oder mit einer Vorlage übereinstimmen</translation>
    </message>
    <message>
        <source>Ac-
cepted</source>
        <translation>Ange-
nommen</translation>
    </message>
    <message>
        <source>Slices that you accepted or edited</source>
        <translation>Schichten, die Sie angenommen oder bearbeitet haben</translation>
    </message>
    <message>
        <source>Absent</source>
        <translation>Ohne</translation>
    </message>
    <message>
        <source>Slices without the organ, of which there is no doubt</source>
        <translation>Schichten ohne das Organ, an denen kein Zweifel besteht</translation>
    </message>
    <message>
        <source>ml</source>
        <translation>ml</translation>
    </message>
    <message>
        <source>Volume of the result</source>
        <translation>Volumen des Ergebnisses</translation>
    </message>
    <message>
        <source>{mean}, of the whole volume (pDSC of its slices, weighted by size)</source>
        <translation>{mean}, des ganzen Volumens (pDSC seiner Schichten, nach Größe gewichtet)</translation>
    </message>
    <message>
        <source>{finished} of {count} volumes finished, {look} need a look</source>
        <translation>{finished} von {count} Volumen fertig, {look} müssen angesehen werden</translation>
    </message>
    <message>
        <source>, {failed} failed</source>
        <translation>, {failed} fehlgeschlagen</translation>
    </message>
    <message>
        <source>below the threshold</source>
        <translation>unter der Schwelle</translation>
    </message>
    <message>
        <source>with a score that accepts nothing</source>
        <translation>mit einer Bewertung, die nichts annimmt</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.review</name>
    <message>
        <source>accept</source>
        <translation>annehmen</translation>
    </message>
    <message>
        <source>reject</source>
        <translation>ablehnen</translation>
    </message>
    <message>
        <source>accept {count} slices</source>
        <translation>{count} Schichten annehmen</translation>
    </message>
    <message>
        <source>edit</source>
        <translation>bearbeiten</translation>
    </message>
    <message>
        <source>edit {slices}</source>
        <translation>{slices} bearbeiten</translation>
    </message>
    <message>
        <source>run slice {number} again</source>
        <translation>Schicht {number} noch einmal starten</translation>
    </message>
    <message>
        <source>move the prompt of slice {number}</source>
        <translation>den Prompt der Schicht {number} verschieben</translation>
    </message>
    <message>
        <source>{verb} slice {number}</source>
        <translation>Schicht {number} {verb}</translation>
    </message>
    <message>
        <source>slice {numbers}</source>
        <translation>Schicht {numbers}</translation>
    </message>
    <message>
        <source>slices {numbers}</source>
        <translation>Schichten {numbers}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.review_display</name>
    <message>
        <source>Accept</source>
        <translation>Annehmen</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>Ablehnen</translation>
    </message>
    <message>
        <source>a run is in progress</source>
        <translation>ein Lauf ist im Gange</translation>
    </message>
    <message>
        <source>the prompts are hidden</source>
        <translation>die Prompts sind ausgeblendet</translation>
    </message>
    <message>
        <source>no other slice needs a look</source>
        <translation>keine andere Schicht muss angesehen werden</translation>
    </message>
    <message>
        <source>Next volume</source>
        <translation>Nächstes Volumen</translation>
    </message>
    <message>
        <source>Next to look at</source>
        <translation>Nächste anzusehende</translation>
    </message>
    <message>
        <source>this run does not know it</source>
        <translation>dieser Lauf kennt es nicht</translation>
    </message>
    <message>
        <source>there is no result yet</source>
        <translation>es gibt noch kein Ergebnis</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>nothing to undo</source>
        <translation>nichts rückgängig zu machen</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>nothing to redo</source>
        <translation>nichts zu wiederholen</translation>
    </message>
    <message>
        <source>a slice is being run again</source>
        <translation>eine Schicht läuft noch einmal</translation>
    </message>
    <message>
        <source>Accept all that reached the threshold</source>
        <translation>Alle annehmen, die die Schwelle erreicht haben</translation>
    </message>
    <message>
        <source>Accept all that reached {threshold:.2f} ({count})</source>
        <translation>Alle annehmen, die {threshold:.2f} erreicht haben ({count})</translation>
    </message>
    <message>
        <source>which slices need a look is known when the run is over</source>
        <translation>welche Schichten angesehen werden müssen, steht am Ende des Laufs fest</translation>
    </message>
    <message>
        <source>no undecided slice reached the threshold without a reason for a look</source>
        <translation>keine offene Schicht hat die Schwelle erreicht, ohne dass ein Grund besteht, sie anzusehen</translation>
    </message>
    <message>
        <source>not decided</source>
        <translation>nicht entschieden</translation>
    </message>
    <message>
        <source>{current} of {count}</source>
        <translation>{current} von {count}</translation>
    </message>
    <message>
        <source>, {name} {value:.2f}</source>
        <translation>, {name} {value:.2f}</translation>
    </message>
    <message>
        <source> (best)</source>
        <translation> (beste)</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.review_section</name>
    <message>
        <source>{count} slices accepted; {waiting} wait for a look</source>
        <translation>{count} Schichten angenommen; {waiting} sind noch anzusehen</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.run_control</name>
    <message>
        <source>Importing {name}...</source>
        <translation>{name} wird importiert...</translation>
    </message>
    <message>
        <source>The run was ended: its volume or its results were deleted.</source>
        <translation>Der Lauf wurde beendet: Sein Volumen oder seine Ergebnisse wurden gelöscht.</translation>
    </message>
    <message>
        <source>Done: </source>
        <translation>Fertig: </translation>
    </message>
    <message>
        <source>Cancelled. </source>
        <translation>Abgebrochen. </translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.run_creation</name>
    <message>
        <source>spread of the expected outline</source>
        <translation>Streuung des erwarteten Umrisses</translation>
    </message>
    <message>
        <source>certain</source>
        <translation>sicher</translation>
    </message>
    <message>
        <source>possible</source>
        <translation>möglich</translation>
    </message>
    <message>
        <source>proposed result, not accepted</source>
        <translation>vorgeschlagenes Ergebnis, nicht angenommen</translation>
    </message>
    <message>
        <source>accepted result</source>
        <translation>angenommenes Ergebnis</translation>
    </message>
    <message>
        <source>result in 3D</source>
        <translation>Ergebnis in 3D</translation>
    </message>
    <message>
        <source>{organ} (expected outline)</source>
        <translation>{organ} (erwarteter Umriss)</translation>
    </message>
    <message>
        <source>previous iteration</source>
        <translation>vorheriger Versuch</translation>
    </message>
    <message>
        <source>expected outline</source>
        <translation>erwarteter Umriss</translation>
    </message>
    <message>
        <source>mask</source>
        <translation>Maske</translation>
    </message>
    <message>
        <source>result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>difference between mask and expected outline</source>
        <translation>Unterschied zwischen Maske und erwartetem Umriss</translation>
    </message>
    <message>
        <source>only in mask</source>
        <translation>nur in der Maske</translation>
    </message>
    <message>
        <source>only in expected outline</source>
        <translation>nur im erwarteten Umriss</translation>
    </message>
    <message>
        <source>try</source>
        <translation>Versuch</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.run_progress</name>
    <message>
        <source>Loading image and networks...</source>
        <translation>Bild und Netze werden geladen...</translation>
    </message>
    <message>
        <source>{finished} of {total} slices done; slice {slice}: try {number}, {name} {value:.2f}</source>
        <translation>{finished} von {total} Schichten fertig; Schicht {slice}: Versuch {number}, {name} {value:.2f}</translation>
    </message>
    <message>
        <source>{total} slices; the model reads the first one...</source>
        <translation>{total} Schichten; das Modell liest die erste...</translation>
    </message>
    <message>
        <source>, about {time} left</source>
        <translation>, noch etwa {time}</translation>
    </message>
    <message>
        <source>{count} of {total} slices reached {threshold:.2f}</source>
        <translation>{count} von {total} Schichten haben {threshold:.2f} erreicht</translation>
    </message>
    <message>
        <source>{count} below</source>
        <translation>{count} darunter</translation>
    </message>
    <message>
        <source>{count} without the organ</source>
        <translation>{count} ohne das Organ</translation>
    </message>
    <message>
        <source>{count} failed</source>
        <translation>{count} fehlgeschlagen</translation>
    </message>
    <message>
        <source>Imported: </source>
        <translation>Importiert: </translation>
    </message>
    <message>
        <source>Cancelled. Nothing was imported.</source>
        <translation>Abgebrochen. Nichts wurde importiert.</translation>
    </message>
    <message>
        <source>The file was not imported: </source>
        <translation>Die Datei wurde nicht importiert: </translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.run_starts</name>
    <message>
        <source>{name} has no voxel in {volume}</source>
        <translation>{name} hat kein Voxel in {volume}</translation>
    </message>
    <message>
        <source>the mask is on another grid than the image; it was resampled</source>
        <translation>die Maske liegt auf einem anderen Gitter als das Bild; sie wurde umgerechnet</translation>
    </message>
    <message>
        <source>the guide is on another grid than the image; it was resampled</source>
        <translation>die Vorlage liegt auf einem anderen Gitter als das Bild; sie wurde umgerechnet</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.run_summary</name>
    <message>
        <source>organ not found</source>
        <translation>Organ nicht gefunden</translation>
    </message>
    <message>
        <source>unlike the training patients</source>
        <translation>anders als die Trainingspatienten</translation>
    </message>
    <message>
        <source>organ uncertain</source>
        <translation>Organ unsicher</translation>
    </message>
    <message>
        <source>abrupt end</source>
        <translation>plötzliches Ende</translation>
    </message>
    <message>
        <source>jump</source>
        <translation>Sprung</translation>
    </message>
    <message>
        <source>gap</source>
        <translation>Lücke</translation>
    </message>
    <message>
        <source>&lt;b&gt;{ml:.1f} ml&lt;/b&gt; found</source>
        <translation>&lt;b&gt;{ml:.1f} ml&lt;/b&gt; gefunden</translation>
    </message>
    <message>
        <source>{name} of the whole &lt;b&gt;{value:.2f}&lt;/b&gt;</source>
        <translation>{name} des Ganzen &lt;b&gt;{value:.2f}&lt;/b&gt;</translation>
    </message>
    <message>
        <source>{done} of {count} slices finished</source>
        <translation>{done} von {count} Schichten fertig</translation>
    </message>
    <message>
        <source>No slice waits for a look</source>
        <translation>Keine Schicht muss mehr angesehen werden</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>with a score that accepts nothing</source>
        <translation>mit einer Bewertung, die nichts annimmt</translation>
    </message>
    <message>
        <source>below {threshold:.2f}</source>
        <translation>unter {threshold:.2f}</translation>
    </message>
    <message>
        <source>&lt;b&gt;{waiting}&lt;/b&gt; of {count} slices need a look: {why}</source>
        <translation>&lt;b&gt;{waiting}&lt;/b&gt; von {count} Schichten müssen angesehen werden: {why}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.sample</name>
    <message>
        <source>HERMES phantom</source>
        <translation>HERMES-Phantom</translation>
    </message>
    <message>
        <source>the sample could not be loaded from {file}</source>
        <translation>das Beispiel konnte nicht aus {file} geladen werden</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.scene_guides</name>
    <message>
        <source>no segmentation was made on {name} or named so</source>
        <translation>keine Segmentierung wurde auf {name} erstellt oder heißt so</translation>
    </message>
    <message>
        <source>several segmentations for {name} ({names}); keep one</source>
        <translation>mehrere Segmentierungen für {name} ({names}); behalten Sie eine</translation>
    </message>
    <message>
        <source>the segmentation {name} has no segment</source>
        <translation>die Segmentierung {name} hat kein Segment</translation>
    </message>
    <message>
        <source>no segment of {name} is named {organ} ({names})</source>
        <translation>kein Segment von {name} heißt {organ} ({names})</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.segment_editor</name>
    <message>
        <source>Back to HERMES Segment: {title}</source>
        <translation>Zurück zu HERMES Segment: {title}</translation>
    </message>
    <message>
        <source>Take the edited slices and go on with the review</source>
        <translation>Die bearbeiteten Schichten übernehmen und mit der Durchsicht fortfahren</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.self_test</name>
    <message>
        <source>Done: </source>
        <translation>Fertig: </translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.setup_section</name>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>a run is in progress</source>
        <translation>ein Lauf ist im Gange</translation>
    </message>
    <message>
        <source>install the missing packages first</source>
        <translation>installieren Sie zuerst die fehlenden Pakete</translation>
    </message>
    <message>
        <source>Missing: {names}</source>
        <translation>Es fehlen: {names}</translation>
    </message>
    <message>
        <source>The engine is starting...</source>
        <translation>Das Rechenprogramm startet...</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>Ready: {device}</source>
        <translation>Bereit: {device}</translation>
    </message>
    <message>
        <source>Ready: CUDA, {free:.0f} GB free ({device})</source>
        <translation>Bereit: CUDA, {free:.0f} GB frei ({device})</translation>
    </message>
    <message>
        <source>Setup</source>
        <translation>Einrichtung</translation>
    </message>
    <message>
        <source>Setup ({state})</source>
        <translation>Einrichtung ({state})</translation>
    </message>
    <message>
        <source>The installation failed.</source>
        <translation>Die Installation ist fehlgeschlagen.</translation>
    </message>
    <message>
        <source>Slicer should restart before HERMES is used. Restart now?</source>
        <translation>Slicer sollte neu starten, bevor HERMES verwendet wird. Jetzt neu starten?</translation>
    </message>
    <message>
        <source>Import weights</source>
        <translation>Gewichte importieren</translation>
    </message>
    <message>
        <source>Weights (*.pth *.pt *.safetensors)</source>
        <translation>Gewichte (*.pth *.pt *.safetensors)</translation>
    </message>
    <message>
        <source>The file was not imported.</source>
        <translation>Die Datei wurde nicht importiert.</translation>
    </message>
    <message>
        <source>Delete {count} imported weight files?</source>
        <translation>{count} importierte Gewichtsdateien löschen?</translation>
    </message>
    <message>
        <source>research (official: {licence})</source>
        <translation>Forschung (offiziell: {licence})</translation>
    </message>
    <message>
        <source>research</source>
        <translation>Forschung</translation>
    </message>
    <message>
        <source>imported</source>
        <translation>importiert</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.shortcuts</name>
    <message>
        <source>next</source>
        <translation>nächste</translation>
    </message>
    <message>
        <source>previous</source>
        <translation>vorige</translation>
    </message>
    <message>
        <source>accept</source>
        <translation>annehmen</translation>
    </message>
    <message>
        <source>reject</source>
        <translation>ablehnen</translation>
    </message>
    <message>
        <source>edit</source>
        <translation>bearbeiten</translation>
    </message>
    <message>
        <source>undo</source>
        <translation>rückgängig</translation>
    </message>
    <message>
        <source>redo</source>
        <translation>wiederholen</translation>
    </message>
    <message>
        <source>difference</source>
        <translation>Unterschied</translation>
    </message>
    <message>
        <source>prompts</source>
        <translation>Prompts</translation>
    </message>
    <message>
        <source>try before</source>
        <translation>voriger Versuch</translation>
    </message>
    <message>
        <source>next try</source>
        <translation>nächster Versuch</translation>
    </message>
    <message>
        <source>zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>Keys:</source>
        <translation>Tasten:</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.slice_in_view</name>
    <message>
        <source>there is no result yet</source>
        <translation>es gibt noch kein Ergebnis</translation>
    </message>
    <message>
        <source>slice {number} is not part of this run</source>
        <translation>Schicht {number} gehört nicht zu diesem Lauf</translation>
    </message>
    <message>
        <source>slice {number} is still in progress</source>
        <translation>Schicht {number} ist noch in Arbeit</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.slice_names</name>
    <message>
        <source>Slice {number} of {count}</source>
        <translation>Schicht {number} von {count}</translation>
    </message>
    <message>
        <source>DICOM image {number}</source>
        <translation>DICOM-Bild {number}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.slice_strip</name>
    <message>
        <source>Slice {number}: {words}</source>
        <translation>Schicht {number}: {words}</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.slice_table</name>
    <message>
        <source>reached</source>
        <translation>erreicht</translation>
    </message>
    <message>
        <source>below</source>
        <translation>darunter</translation>
    </message>
    <message>
        <source>organ absent</source>
        <translation>ohne Organ</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>where the organ was not found on any slice</source>
        <translation>wo das Organ auf keiner Schicht gefunden wurde</translation>
    </message>
    <message>
        <source>unlike the training patients: the score is unreliable</source>
        <translation>anders als die Trainingspatienten: Die Bewertung ist unzuverlässig</translation>
    </message>
    <message>
        <source>borderline: presence of the organ is uncertain</source>
        <translation>Grenzfall: Ob das Organ da ist, ist unsicher</translation>
    </message>
    <message>
        <source>at an abrupt end: the organ ends with a large cross-section</source>
        <translation>an einem plötzlichen Ende: Das Organ endet mit großem Querschnitt</translation>
    </message>
    <message>
        <source>at a jump: the outline differs much from the neighbouring slice&apos;s</source>
        <translation>an einem Sprung: Der Umriss unterscheidet sich stark von dem der Nachbarschicht</translation>
    </message>
    <message>
        <source>in a gap: the organ is on slices before and after</source>
        <translation>in einer Lücke: Das Organ ist auf Schichten davor und danach</translation>
    </message>
    <message>
        <source>Slice</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>Counted from 1 along the volume</source>
        <translation>Von 1 an entlang des Volumens gezählt</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>DICOM instance number</source>
        <translation>Instanznummer in DICOM</translation>
    </message>
    <message>
        <source>Outcome</source>
        <translation>Ausgang</translation>
    </message>
    <message>
        <source>How the loop ended on the slice: reached the threshold, or stayed below it
± the organ&apos;s presence is uncertain; ! another reason to look (point at the cell)</source>
        <translation>Wie die Schleife auf der Schicht endete: Schwelle erreicht, oder darunter geblieben
± das Organ ist vielleicht nicht da; ! ein anderer Grund, sie anzusehen (zeigen Sie auf die Zelle)</translation>
    </message>
    <message>
        <source>Tries</source>
        <translation>Versuche</translation>
    </message>
    <message>
        <source>Masks that the model made for the slice (iterations)</source>
        <translation>Masken, die das Modell für die Schicht gezeichnet hat (Iterationen)</translation>
    </message>
    <message>
        <source>Decision</source>
        <translation>Entscheidung</translation>
    </message>
    <message>
        <source>Yours: accepted, edited or rejected</source>
        <translation>Ihre: angenommen, bearbeitet oder abgelehnt</translation>
    </message>
    <message>
        <source>? the slice is unlike the training patients: do not rely on it</source>
        <translation>? die Schicht ist anders als die Trainingspatienten: Verlassen Sie sich nicht darauf</translation>
    </message>
    <message>
        <source>{mean} (pDSC of the best iteration)</source>
        <translation>{mean} (pDSC des besten Versuchs)</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>90 %
range</source>
        <translation>90-%-
Bereich</translation>
    </message>
    <message>
        <source>{nominal} nominal; {patients} patients can guarantee at most {guaranteed}</source>
        <translation>{nominal} nominell; {patients} Patienten können höchstens {guaranteed} garantieren</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.steering</name>
    <message>
        <source>a file guides one volume; in Inputs, choose a segment of the scene as the guide</source>
        <translation>eine Datei ist die Vorlage eines Volumens; wählen Sie unter Eingaben ein Segment der Szene als Vorlage</translation>
    </message>
    <message>
        <source>a folder&apos;s guides are files; in Inputs, choose a mask or probability map</source>
        <translation>die Vorlagen eines Ordners sind Dateien; wählen Sie unter Eingaben eine Maske oder Wahrscheinlichkeitskarte</translation>
    </message>
    <message>
        <source>choose a folder with a guide for each image</source>
        <translation>wählen Sie einen Ordner mit einer Vorlage für jedes Bild</translation>
    </message>
    <message>
        <source>{organ} has no quality control of its own: choose a guide or a judge</source>
        <translation>{organ} hat keine eigene Qualitätskontrolle: Wählen Sie eine Vorlage oder einen Prüfer</translation>
    </message>
    <message>
        <source>{organ} has no quality control of its own: choose a guide</source>
        <translation>{organ} hat keine eigene Qualitätskontrolle: Wählen Sie eine Vorlage</translation>
    </message>
    <message>
        <source>Choose the segmentation that guides the run</source>
        <translation>Wählen Sie die Segmentierung, die den Lauf führt</translation>
    </message>
    <message>
        <source>The segmentation that should guide the run has no segment</source>
        <translation>Die Segmentierung, die den Lauf führen soll, hat kein Segment</translation>
    </message>
    <message>
        <source>Choose the guide&apos;s {what}</source>
        <translation>Wählen Sie für die Vorlage: {what}</translation>
    </message>
    <message>
        <source>The guide&apos;s {what} is not there</source>
        <translation>Für die Vorlage ist nicht da: {what}</translation>
    </message>
    <message>
        <source>Choose a folder with labelled cases for the judge</source>
        <translation>Wählen Sie einen Ordner mit annotierten Fällen für den Prüfer</translation>
    </message>
    <message>
        <source>Choose the weights of the judge</source>
        <translation>Wählen Sie die Gewichte des Prüfers</translation>
    </message>
    <message>
        <source>The calibration of the judge is not there</source>
        <translation>Die Kalibrierung des Prüfers ist nicht da</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.steering_section</name>
    <message>
        <source>Auto</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>Guide</source>
        <translation>Vorlage</translation>
    </message>
    <message>
        <source>Python of the guide</source>
        <translation>Python der Vorlage</translation>
    </message>
    <message>
        <source>Labelled cases</source>
        <translation>Annotierte Fälle</translation>
    </message>
    <message>
        <source>Weights of the judge</source>
        <translation>Gewichte des Prüfers</translation>
    </message>
    <message>
        <source>Calibration of the judge</source>
        <translation>Kalibrierung des Prüfers</translation>
    </message>
    <message>
        <source>choose a segmentation first</source>
        <translation>wählen Sie zuerst eine Segmentierung</translation>
    </message>
    <message>
        <source>there is only one</source>
        <translation>es gibt nur eine</translation>
    </message>
    <message>
        <source>Weights: {weights}.</source>
        <translation>Gewichte: {weights}.</translation>
    </message>
    <message>
        <source>Licence: {licence}.</source>
        <translation>Lizenz: {licence}.</translation>
    </message>
    <message>
        <source>Scribbles and clicks drawn from a guide repeat its errors; a box leaves the outline to the image.</source>
        <translation>Striche und Klicks, die aus einer Vorlage gezeichnet werden, wiederholen deren Fehler; ein Rahmen überlässt den Umriss dem Bild.</translation>
    </message>
    <message>
        <source>After {source}.</source>
        <translation>Nach {source}.</translation>
    </message>
    <message>
        <source>The organ&apos;s own quality control</source>
        <translation>Die eigene Qualitätskontrolle des Organs</translation>
    </message>
    <message>
        <source>A segment of the scene</source>
        <translation>Ein Segment der Szene</translation>
    </message>
    <message>
        <source>As the guide or quality control</source>
        <translation>Wie Vorlage oder Qualitätskontrolle</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.stored_runs</name>
    <message>
        <source>{name} has changed since its run; run again</source>
        <translation>{name} hat sich seit dem Lauf geändert; starten Sie noch einmal</translation>
    </message>
    <message>
        <source>{name} is not the volume that was run; run again</source>
        <translation>{name} ist nicht das Volumen des Laufs; starten Sie noch einmal</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.terms</name>
    <message>
        <source>The networks that come with HERMES were trained on data that may be used for research only. They and their results are for research: not for clinical use, and not for commercial use. Each network&apos;s card, beside its file, names data and terms.

Do you accept these terms?</source>
        <translation>Die Netze, die mit HERMES kommen, wurden mit Daten trainiert, die nur für die Forschung verwendet werden dürfen. Sie und ihre Ergebnisse sind für die Forschung: nicht für den klinischen und nicht für den kommerziellen Gebrauch. Die Karte neben der Datei jedes Netzes nennt Daten und Bedingungen.

Stimmen Sie diesen Bedingungen zu?</translation>
    </message>
    <message>
        <source>HERMES: research only</source>
        <translation>HERMES: nur für die Forschung</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.view_follower</name>
    <message>
        <source>No view lies along the slices: go to a slice in the table</source>
        <translation>Keine Ansicht liegt entlang der Schichten: Gehen Sie in der Tabelle zu einer Schicht</translation>
    </message>
    <message>
        <source>The view is off the volume</source>
        <translation>Die Ansicht liegt außerhalb des Volumens</translation>
    </message>
</context>
<context>
    <name>HermesSegmentLib.views_section</name>
    <message>
        <source>3D (proposed)</source>
        <translation>3D (Vorschlag)</translation>
    </message>
    <message>
        <source>3D</source>
        <translation>3D</translation>
    </message>
    <message>
        <source>there are no views</source>
        <translation>es gibt keine Ansichten</translation>
    </message>
    <message>
        <source>Back to your layout</source>
        <translation>Zurück zu Ihrem Layout</translation>
    </message>
    <message>
        <source>Layout for reading</source>
        <translation>Layout zum Befunden</translation>
    </message>
</context>
<context>
    <name>qSlicerAbstractCoreModule</name>
    <message>
        <source>Segmentation</source>
        <translation>Segmentierung</translation>
    </message>
</context>
</TS>

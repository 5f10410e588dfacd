"""What a bundle says about itself, in both languages."""

TEXT = """\
RETURN OF YOUR DATA
===================
documents/   the agreement, amendments and instructions as signed, with their signatures
schemas/     the JSON Schema of every record type
persons/     people: groups, restriction, objections (one JSON object a line)
records/     what was held, by type: .ndjson is exact, .csv is for spreadsheets
             (a cell that looks like a formula has a ' before it)
relations/   which records are parts of one relation (where there are any)
files/       photographs and files: PERSON/FILE.json says what it is, FILE.content is it
             (a large one is cut:  cat FILE.content-* > FILE.content ; a photograph's
             renditions lie one after another, `parts` says from which byte and how many)
ledger/      every access and act, with the signed checkpoint
Each part-NNNN.age is a tar of its own:  age -d -i KEY part-0001.age | tar x
Several ledger/entries-*.ndjson are one file cut:  cat ledger/entries-*.ndjson > ledger/entries.ndjson
What is not in it, and why, stands in manifest.json under left_out; nothing else is missing.
To verify:  bailee-verify --key VKEY manifest.json   and, once opened,   bailee-verify --key VKEY ledger
VKEY is the verifier key in your signed agreement.

RESTITUTION DE VOS DONNÉES
==========================
documents/   le contrat, les avenants et les instructions tels que signés, avec leurs signatures
schemas/     le schéma JSON de chaque type d'enregistrement
persons/     les personnes : groupes, limitation, oppositions (un objet JSON par ligne)
records/     ce qui était détenu, par type : .ndjson est exact, .csv est pour les tableurs
             (une cellule qui ressemble à une formule est précédée d'une apostrophe)
relations/   quels enregistrements sont les parties d'une même relation (s'il y en a)
files/       photographies et fichiers : PERSONNE/FICHIER.json le décrit, FICHIER.content est le contenu
             (un grand fichier est coupé :  cat FICHIER.content-* > FICHIER.content ; les formats
             d'une photographie se suivent, `parts` dit à partir de quel octet et combien)
ledger/      chaque accès et chaque acte, avec le point de contrôle signé
Chaque part-NNNN.age est une archive tar complète :  age -d -i CLE part-0001.age | tar x
Ce qui n'y est pas, et pourquoi, est dit dans manifest.json sous left_out ; rien d'autre ne manque.
Pour vérifier :  bailee-verify --key VKEY manifest.json   puis, une fois ouvert,   bailee-verify --key VKEY ledger
VKEY est la clé de vérification inscrite dans votre contrat signé.
"""

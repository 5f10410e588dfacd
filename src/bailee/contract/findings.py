"""The words of what reading an instruction can find, in both languages, and what to do about each. Data."""

from collections.abc import Mapping

import msgspec


class Said(msgspec.Struct, frozen=True):
    """A finding's words and its remedy, each in English and French; `{about}` is what it was found in."""

    words: tuple[str, str]
    remedy: tuple[str, str]


KNOWN: Mapping[str, Said] = {
    "purpose-of-controller": Said(
        ("The processor may never pursue this purpose, whoever instructs it: {about}.",
         "Le sous-traitant ne peut jamais poursuivre cette finalité, qui que ce soit qui l'instruise : {about}."),
        ("Leave the processor's staff and systems out, or choose a purpose that is the processor's.",
         "Retirez les collaborateurs et systèmes du sous-traitant, ou choisissez une finalité qui soit la sienne."),
    ),
    "never-in-force": Said(
        ("It ends before it begins: it would never be in force.",
         "Elle finit avant de commencer : elle ne serait jamais en vigueur."),
        ("Choose an end that comes after the beginning.", "Choisissez une fin qui vienne après le début."),
    ),
    "no-recipient": Said(
        ("The processor would pass data on to nobody: without a named recipient nothing is sent.",
         "Le sous-traitant ne transmettrait à personne : sans destinataire nommé, rien n'est envoyé."),
        ("Name each recipient.", "Nommez chaque destinataire."),
    ),
    "id-in-use": Said(
        ("Another instruction of this name is on file: {about}.",
         "Une autre instruction de ce nom est au dossier : {about}."),
        ("Give this one another name, and say that it replaces the other.",
         "Donnez-lui un autre nom, et dites qu'elle remplace l'autre."),
    ),
    "controllers-own-act": Said(
        ("The processor's staff would do what is yours to do: {about}.",
         "Les collaborateurs du sous-traitant feraient ce qui vous revient : {about}."),
        ("Let your own staff or systems do it, unless there is no other way.",
         "Laissez-le à votre personnel ou à vos systèmes, sauf s'il n'y a pas d'autre voie."),
    ),
    "category-not-agreed": Said(
        ("The agreement does not list these data: {about}.", "Le contrat ne prévoit pas ces données : {about}."),
        ("Amend the agreement first: until then nothing of the kind can be held.",
         "Faites d'abord un avenant : d'ici là, rien de tel ne peut être conservé."),
    ),
    "special-category": Said(
        ("These look like special categories of data (GDPR Art. 9): {about}.",
         "Ces données semblent relever des catégories particulières (RGPD, art. 9) : {about}."),
        ("Say which exception of Art. 9(2) applies, and consider an impact assessment.",
         "Dites quelle exception de l'art. 9, § 2 s'applique, et pensez à une analyse d'impact."),
    ),
    "birth-date-kept": Said(
        ("Dates of birth would be kept; they are asked for to verify majority only.",
         "Des dates de naissance seraient conservées ; elles ne servent qu'à vérifier la majorité."),
        ("Use the majority check, which keeps the answer and not the date; or say in the reason why the date is needed.",
         "Utilisez la vérification de majorité, qui garde la réponse et non la date ; ou dites dans le motif pourquoi la "
         "date est nécessaire."),
    ),
    "group-not-agreed": Said(
        ("The agreement does not list these persons: {about}.", "Le contrat ne prévoit pas ces personnes : {about}."),
        ("Amend the agreement first, or choose among the groups that it lists.",
         "Faites d'abord un avenant, ou choisissez parmi les groupes qu'il prévoit."),
    ),
    "purpose-not-agreed": Said(
        ("The agreement does not name this purpose: {about}.", "Le contrat ne nomme pas cette finalité : {about}."),
        ("Check that it is compatible with what the data were collected for, and tell the persons.",
         "Vérifiez qu'elle est compatible avec la collecte, et informez les personnes."),
    ),
    "profiling-without-ground": Said(
        ("Profiling is asked for without its legal ground.", "Un profilage est demandé sans sa base légale."),
        ("Say on which ground of GDPR Art. 6 it rests; where it decides by itself, on which of Art. 22(2).",
         "Dites sur quelle base de l'art. 6 du RGPD il repose ; s'il décide seul, sur laquelle de l'art. 22, § 2."),
    ),
    "profiling-without-safeguards": Said(
        ("Profiling is asked for without safeguards.", "Un profilage est demandé sans garanties."),
        ("Say who reviews, how a person objects, and how errors are corrected.",
         "Dites qui vérifie, comment une personne s'oppose, et comment les erreurs se corrigent."),
    ),
    "profiling-of-faces": Said(
        ("Photographs used for profiling may be biometric data (GDPR Art. 9).",
         "Des photos servant au profilage peuvent être des données biométriques (RGPD, art. 9)."),
        ("Leave the photographs out.", "Retirez les photos."),
    ),
    "third-country": Said(
        ("Data would go to a third country.", "Des données iraient vers un pays tiers."),
        ("It needs your written consent for that destination, and a transfer mechanism: until both are there it is refused.",
         "Il y faut votre accord écrit pour cette destination, et un mécanisme de transfert : sans les deux, c'est refusé."),
    ),
    "recipient-outside-eu": Said(
        ("This recipient is outside the European Union: {about}.",
         "Ce destinataire est hors de l'Union européenne : {about}."),
        ("It needs your written consent for that destination, and a transfer mechanism.",
         "Il y faut votre accord écrit pour cette destination, et un mécanisme de transfert."),
    ),
    "recipient-somewhere": Said(
        ("The agreement does not say where this recipient is: {about}.",
         "Le contrat ne dit pas où se trouve ce destinataire : {about}."),
        ("Make sure that it is in the European Union, or treat it as a transfer.",
         "Assurez-vous qu'il est dans l'Union européenne, ou traitez-le comme un transfert."),
    ),
    "retention-unreadable": Said(
        ("The period cannot be read: {about}.", "La durée est illisible : {about}."),
        ("Write it as `30 days`, `18 months` or `2 years`.", "Écrivez-la comme `30 days`, `18 months` ou `2 years`."),
    ),
    "retention-above-ceiling": Said(
        ("It would be kept longer than the agreement allows: at most {about}.",
         "La conservation dépasserait ce que permet le contrat : au plus {about}."),
        ("Shorten it, or name the law that demands more.", "Raccourcissez-la, ou nommez la loi qui demande davantage."),
    ),
    "open-ended": Said(
        ("It has no end: it stays in force until you withdraw it.",
         "Elle n'a pas de fin : elle reste en vigueur jusqu'à son retrait."),
        ("Name the day on which the purpose is served, if there is one.",
         "Nommez le jour où la finalité sera atteinte, s'il existe."),
    ),
    "over-already": Said(
        ("Its end has passed: it would do nothing.", "Sa fin est passée : elle ne ferait rien."),
        ("Choose an end to come.", "Choisissez une fin à venir."),
    ),
    "begins-before-signature": Said(
        ("It names a beginning in the past; it cannot cover what was done before it was signed.",
         "Elle nomme un début passé ; elle ne peut couvrir ce qui fut fait avant sa signature."),
        ("Nothing, if that is meant: it counts from its signature on.",
         "Rien, si c'est voulu : elle compte à partir de sa signature."),
    ),
    "replaces-nothing": Said(
        ("No instruction on file has the name that it replaces: {about}.",
         "Aucune instruction au dossier ne porte le nom qu'elle remplace : {about}."),
        ("Check the name.", "Vérifiez le nom."),
    ),
    "wider-than-replaced": Said(
        ("It allows more than the instruction that it replaces: {about}.",
         "Elle permet plus que l'instruction qu'elle remplace : {about}."),
        ("Make sure that the widening is meant, and that the persons were told.",
         "Assurez-vous que l'élargissement est voulu, et que les personnes en sont informées."),
    ),
}  # fmt: skip

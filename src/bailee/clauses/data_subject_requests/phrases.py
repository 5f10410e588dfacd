"""What a letter says when it asks about one request, in both languages. Pure."""

from bailee.vocabulary.languages import Language

COMPLEX, MANY, ANSWERED = "extend-complex", "extend-many", "answered"
# What the person is told, in the language that they are written to in.
GROUNDS: dict[str, dict[Language, str]] = {
    COMPLEX: {"en": "The request is complex.", "fr": "La demande est complexe."},
    MANY: {"en": "There are many requests to answer.", "fr": "Les demandes à traiter sont nombreuses."},
}
HEADING: dict[Language, str] = {
    "en": "A person's request of {day}: what do you do about it?",
    "fr": "La demande d'une personne, du {day} : qu'en faites-vous ?",
}
ABOUT: dict[Language, str] = {
    "en": "It asks for: {right} ({article}). Reference {request}.",
    "fr": "Elle demande : {right} ({article}). Référence {request}.",
}
DUE: dict[Language, str] = {"en": "An answer is due by {day}.", "fr": "Une réponse est due au plus tard le {day}."}
RIGHTS: dict[Language, dict[str, str]] = {
    "en": {
        "access": "access", "rectification": "rectification", "erasure": "erasure", "restriction": "restriction",
        "recipients": "who was given the data", "portability": "portability", "objection": "an objection",
        "automated-decision": "a human look at an automated decision",
    },
    "fr": {
        "access": "l'accès", "rectification": "la rectification", "erasure": "l'effacement",
        "restriction": "la limitation", "recipients": "à qui les données ont été communiquées",
        "portability": "la portabilité", "objection": "une opposition",
        "automated-decision": "un regard humain sur une décision automatisée",
    },
}  # fmt: skip
MEANS: dict[Language, dict[str, str]] = {
    "en": {
        COMPLEX: "Two more months, because it is complex: the person is told so in your name, where an address of theirs "
        "is known.",
        MANY: "Two more months, because there are many requests: the person is told so in your name, likewise.",
        ANSWERED: "You have answered yourselves: it is closed, with your note as evidence. The data held here stay as they "
        "are.",
    },
    "fr": {
        COMPLEX: "Deux mois de plus, car elle est complexe : la personne l'apprend en votre nom, si une adresse d'elle est "
        "connue.",
        MANY: "Deux mois de plus, car les demandes sont nombreuses : la personne l'apprend en votre nom, de même.",
        ANSWERED: "Vous avez répondu vous-mêmes : elle est close, votre note en témoigne. Les données tenues ici restent "
        "telles.",
    },
}

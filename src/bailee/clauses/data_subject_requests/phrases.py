"""What a letter says when it asks about one request, in both languages. Pure."""

from collections.abc import Iterable

from bailee.contract import wording
from bailee.obligations.mailbox.steps import ANSWERED, COMPLEX, MANY
from bailee.vocabulary.languages import Language

ASK_WHO, REFUSE = "ask-who", "refuse-request"
CARRY_OUT, ERASE, FETCH, TELL = "carry-out", "erase", "fetch", "tell"
DASH = "\N{EN DASH}"
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
# What a human looked at, as the evidence says it.
DECISION: dict[Language, str] = {
    "en": "The automated decision that the request is about.",
    "fr": "La décision automatisée que vise la demande.",
}
STOPPED: dict[Language, str] = {
    "en": "It was begun and could not be finished. It can be begun again, or answered otherwise.",
    "fr": "Elle a été commencée et n'a pu être achevée. On peut la recommencer, ou y répondre autrement.",
}
UNREACHED: dict[Language, str] = {
    "en": "No address of the person is known here: whatever they are to learn, tell them yourselves.",
    "fr": "Aucune adresse de la personne n'est connue ici : ce qu'elle doit apprendre, dites-le-lui vous-mêmes.",
}
# Why it stopped.
WHY: dict[Language, dict[str, str]] = {
    "en": {
        "hold": "A hold stands on this person: nothing is erased until it is lifted.",
        "not-held": "Nobody of that id is held here any more.",
        "": "The console says why.",
    },
    "fr": {
        "hold": "Un gel pèse sur cette personne : rien n'est effacé avant qu'il soit levé.",
        "not-held": "Personne de cet identifiant n'est plus tenu ici.",
        "": "La console dit pourquoi.",
    },
}
TOLD: dict[Language, str] = {
    "en": "Were the recipients told what has become of the data?",
    "fr": "Les destinataires savent-ils ce que sont devenues les données ?",
}
RECIPIENTS: dict[Language, str] = {
    "en": "Request {request}: data that these received were corrected, erased or restricted since (Art. 19).",
    "fr": "Demande {request} : des données que ceux-ci ont reçues ont été depuis rectifiées, effacées ou limitées (art. 19).",
}
# What is done at once, by right.
CARRIED: dict[Language, dict[str, str]] = {
    "en": {
        "erasure": "Erase now: all that is held here about the person goes for good, in backups too. The person and the "
        "recipients whose address you have named are told. Be sure first that it is they who ask; a hold stops it.",
        "access": "Have the copy made now: it lies ready for you within minutes, and another letter has the link to fetch "
        "it. Be sure who asks before you hand it over.",
        "portability": "Have the data put together now: they lie ready for you within minutes, and another letter has the "
        "link to fetch them. Be sure who asks before you hand them over.",
        "restriction": "Restrict now, on the ground that you choose (Art. 18(1)): what is held here about the person is stored, "
        "and nothing else is done with it but what an exception that you record lets through (Art. 18(2)). The person and the "
        "recipients whose address you have named are told, and the request is closed. Be sure first who asks.",
        "automated-decision": "A human of yours who may change the decision has looked at it (Art. 22(3)): your note says what "
        "they found and why, and is sent to the person as you write it. It is on record whether the decision was changed, and "
        "the request is closed.",
    },
    "fr": {
        "erasure": "Effacer maintenant : tout ce qui est tenu ici sur la personne disparaît pour de bon, sauvegardes "
        "comprises. La personne l'apprend, et les destinataires dont vous avez indiqué l'adresse. Soyez d'abord sûr que "
        "c'est bien elle qui demande ; un gel l'empêche.",
        "access": "Faire établir la copie maintenant : elle est prête en quelques minutes, et une autre lettre apporte le "
        "lien pour la retirer. Soyez sûr de qui demande avant de la remettre.",
        "portability": "Faire rassembler les données maintenant : elles sont prêtes en quelques minutes, et une autre lettre "
        "apporte le lien pour les retirer. Soyez sûr de qui demande avant de les remettre.",
        "restriction": "Limiter maintenant, pour le motif que vous choisissez (art. 18, par. 1) : ce qui est tenu ici sur la "
        "personne est conservé, et rien d'autre n'en est fait, sauf ce que permet une exception que vous consignez (art. 18, "
        "par. 2). La personne l'apprend, et les destinataires dont vous avez indiqué l'adresse ; la demande est close. Soyez "
        "d'abord sûr de qui demande.",
        "automated-decision": "Une personne de chez vous qui peut changer la décision l'a regardée (art. 22, par. 3) : votre "
        "note dit ce qu'elle a trouvé et pourquoi, et part au demandeur telle que vous l'écrivez. Il est consigné si la "
        "décision a été changée, et la demande est close.",
    },
}
STOPPING: dict[Language, dict[str, str]] = {
    "en": {
        "stop-marketing": "Stop direct marketing now, which no ground of yours outweighs (Art. 21(3)): {purposes}. The gate lets "
        "nothing about the person through for it any more. The person is told, and the request is closed.",
        "stop-purposes": "Stop now everything that can be objected to (Art. 21): {purposes}. The gate lets nothing about the "
        "person through for these any more; what the contract and the law need goes on. The person is told, and the request "
        "is closed. What is to go on for compelling grounds is said in the console.",
    },
    "fr": {
        "stop-marketing": "Arrêter maintenant la prospection, devant laquelle aucun de vos motifs ne l'emporte (art. 21, par. "
        "3) : {purposes}. La porte ne laisse plus rien passer pour cela sur la personne. Elle l'apprend, et la demande est "
        "close.",
        "stop-purposes": "Arrêter maintenant tout ce à quoi on peut s'opposer (art. 21) : {purposes}. La porte ne laisse plus "
        "rien passer pour cela sur la personne ; ce qu'exigent le contrat et la loi continue. Elle l'apprend, et la demande est "
        "close. Ce qui doit continuer pour des motifs impérieux se dit dans la console.",
    },
}
MEANS: dict[Language, dict[str, str]] = {
    "en": {
        FETCH: "Fetch what answers it: one file, read by whoever has the code. It is on record who took it, and another letter "
        "asks what comes next.",
        TELL: "Write to those whose address you have named: each is told which of its data are concerned.",
        "told-otherwise": "You have told them yourselves.",
        "impossible": "It is impossible to tell them.",
        "disproportionate": "It would take a disproportionate effort.",
        COMPLEX: "Two more months, because it is complex: the person is told so in your name, where an address of theirs "
        "is known.",
        MANY: "Two more months, because there are many requests: the person is told so in your name, likewise.",
        ANSWERED: "You have answered yourselves: it is closed, with your note as evidence. The data held here stay as they "
        "are.",
        ASK_WHO: "Ask who it is, only where there are reasonable doubts (Art. 12(6)): your note says what you need and why, and "
        "is sent to the person as you write it. The time to answer runs on, and another letter asks what comes of it.",
        "known-by-document": "You know now who asks, by a document that you looked at and did not keep: that is noted, and "
        "another letter asks what you do about the request.",
        "known-by-word": "What they say is enough: that is noted, likewise.",
        REFUSE: "Refuse it: your note is your reasons, sent to the person as you write it, with the ways to complain and to a "
        "court (Art. 12(4)). It is closed then, and nothing that is held here changes.",
    },
    "fr": {
        FETCH: "Retirer ce qui y répond : un fichier, remis à qui a le code. Il est consigné qui l'a pris, et une autre lettre "
        "demande la suite.",
        TELL: "Écrire à ceux dont vous avez indiqué l'adresse : chacun apprend quelles données sont concernées.",
        "told-otherwise": "Vous les avez avertis vous-mêmes.",
        "impossible": "Il est impossible de les avertir.",
        "disproportionate": "Cela demanderait un effort disproportionné.",
        COMPLEX: "Deux mois de plus, car elle est complexe : la personne l'apprend en votre nom, si une adresse d'elle est "
        "connue.",
        MANY: "Deux mois de plus, car les demandes sont nombreuses : la personne l'apprend en votre nom, de même.",
        ANSWERED: "Vous avez répondu vous-mêmes : elle est close, votre note en témoigne. Les données tenues ici restent "
        "telles.",
        ASK_WHO: "Demander qui elle est, seulement en cas de doute raisonnable (art. 12, par. 6) : votre note dit ce qu'il vous "
        "faut et pourquoi, et part à la personne telle que vous l'écrivez. Le délai de réponse court toujours, et une autre "
        "lettre demande ce qu'il en advient.",
        "known-by-document": "Vous savez maintenant qui demande, par un document que vous avez regardé et non conservé : c'est "
        "noté, et une autre lettre demande ce que vous faites de la demande.",
        "known-by-word": "Ce qu'elle dit suffit : c'est noté, de même.",
        REFUSE: "La refuser : votre note donne vos raisons, envoyées à la personne telles que vous les écrivez, avec les voies "
        "de réclamation et de recours (art. 12, par. 4). Elle est alors close, et rien de ce qui est tenu ici ne change.",
    },
}


def named(purposes: Iterable[str], language: Language) -> str:
    """Purposes as a reader knows them."""
    names = wording.phrases(wording.PURPOSES, language)
    return ", ".join(names[one] for one in purposes)


def stopping(choice: str, purposes: Iterable[str], language: Language) -> str:
    """What an objection would stop, by name."""
    return STOPPING[language][choice].format(purposes=named(purposes, language))

export const reasons = {
  'reason.address_noted': 'La nouvelle adresse de la personne a été notée.',
  'reason.address_refused': 'Ce serveur n’appelle pas cette adresse.',
  'reason.address_unknown': 'Personne ici n’a l’ancienne adresse.',
  'reason.api_bad_secret':
    'Le secret doit être whsec_ suivi du base64 de 24 à 64 octets aléatoires.',
  'reason.api_ping_refused': 'L’adresse répond à un ping signé par le statut {status}.',
  'reason.bad_header': 'L’en-tête pour le workflow est inutilisable. Indiquez-le de nouveau.',
  'reason.being_sent': 'Un envoi est en cours : ceci le concerne peut-être.',
  'reason.channel_broken':
    'Les identifiants du canal ne fonctionnent pas. Reconnectez-le pour envoyer.',
  'reason.channel_paused': 'Le canal est en pause : les réponses attendent sa reprise.',
  'reason.connection_broke':
    'La connexion a été coupée avant la réponse du workflow. Il a peut-être été exécuté.',
  'reason.crisp_no_website': 'Vérifiez l’identifiant du site.',
  'reason.crisp_refused': 'Vérifiez l’identifiant, la clé et le type de jeton.',
  'reason.cut_off': 'La connexion a été coupée avant la fin de la réponse.',
  'reason.events_failed': 'Des événements n’ont pas pu être traités : voyez « Événements reçus ».',
  'reason.events_wait': 'Des événements attendent depuis plus d’une minute.',
  'reason.failed': 'Le workflow a échoué.',
  'reason.file_elsewhere': 'Le fichier se trouve à une adresse qui n’est pas celle du fournisseur.',
  'reason.file_gone': 'Le fournisseur n’a plus le fichier ({status}) : ces liens expirent.',
  'reason.file_status': 'L’adresse du fichier répond par le statut {status}.',
  'reason.file_too_large': 'Le fichier est trop grand pour être gardé ici.',
  'reason.file_withheld': 'Le fournisseur ne remet pas ce fichier.',
  'reason.ids_long': 'L’identifiant de son fil ou de son compte dépasse 500 octets.',
  'reason.ids_unfit': 'Ses identifiants contiennent le caractère U+0000.',
  'reason.instagram_other_account':
    'Le jeton appartient à {name} ({id}), et non au compte {account}. Indiquez cet identifiant, ou créez un jeton du compte.',
  'reason.internal': 'Une erreur interne ; le journal du serveur en dit plus.',
  'reason.late': 'La réponse est arrivée trop tard et n’a pas été envoyée.',
  'reason.messenger_other_page':
    'Le jeton appartient à {name} ({id}), et non à la page {page}. Créez un jeton de la page elle-même.',
  'reason.meta_bad_token': 'Créez un nouveau jeton d’accès et indiquez-le.',
  'reason.meta_later': 'Meta a répondu {status} : réessayez plus tard.',
  'reason.meta_not_allowed': 'Il manque une autorisation au jeton d’accès.',
  'reason.meta_not_graph':
    'Ce qui a répondu ({status}) n’est pas l’API Graph : vérifiez l’adresse de l’API.',
  'reason.meta_other_app':
    'La clé secrète n’est pas celle de l’application à laquelle appartient le jeton d’accès. Copiez les deux de la même application.',
  'reason.meta_token_over':
    'Le jeton d’accès n’est plus valable. Créez-en un nouveau et indiquez-le.',
  'reason.no_channel': 'Aucun canal n’est connecté au compte {account}.',
  'reason.no_connection': 'Aucune connexion au workflow n’a abouti.',
  'reason.no_conversation': 'Il n’y a pas encore de conversation avec cette personne.',
  'reason.no_public_address':
    'Le serveur ne connaît pas son adresse publique : impossible de dire au fournisseur où envoyer les messages. Renseignez RAPPORT_PUBLIC_URL et refaites le test.',
  'reason.no_such_message': 'Cela concerne un message qui n’est pas ici.',
  'reason.no_text': 'La réponse du workflow ne contenait aucun texte.',
  'reason.not_from_here': 'Cela concerne un message qui n’a pas été envoyé d’ici.',
  'reason.not_known_yet': 'Le message concerné n’est pas encore connu.',
  'reason.not_needed': 'Il n’y a rien à faire pour cela.',
  'reason.nothing_in_it': 'Il n’y avait rien dedans.',
  'reason.nothing_later':
    'Le workflow a démarré, mais n’a envoyé aucune réponse à replyUrl en {seconds} s.',
  'reason.only_started':
    'Le workflow dit qu’il a démarré. S’il répond plus tard ne peut pas être essayé ici.',
  'reason.own_words': 'Nos propres mots.',
  'reason.permission_missing': 'L’autorisation {name} manque.',
  'reason.person_back': 'La personne accepte de nouveau les messages.',
  'reason.person_blocked': 'L’équipe a bloqué cette personne.',
  'reason.person_left': 'La personne ne veut plus recevoir de messages.',
  'reason.replies_failed': 'Des réponses ne sont pas parties, ou peut-être pas.',
  'reason.replies_wait':
    'Des réponses attendent depuis plus d’une minute : {count}. Elles sont retentées d’elles-mêmes pendant un jour. Si cela dure, testez le canal : le test dit ce qui ne va pas.',
  'reason.said_elsewhere': 'Dit dans la boîte de réception du fournisseur.',
  'reason.server_died': 'Le serveur s’est arrêté trop souvent pendant ce traitement.',
  'reason.status': 'Le workflow a répondu par le statut {status}.',
  'reason.telegram_bad_token': 'Copiez de nouveau le jeton du bot depuis @BotFather.',
  'reason.telegram_needs_address':
    'Telegram a besoin d’une adresse joignable : renseignez d’abord l’adresse publique du serveur.',
  'reason.telegram_no_address':
    'Telegram n’envoie encore rien ici : testez le canal pour lui indiquer l’adresse.',
  'reason.telegram_not_delivered': 'Telegram n’a pas pu remettre un message ici ({at}).',
  'reason.telegram_not_everything':
    'Telegram n’envoie pas tout ce qu’il faut. Tester le canal y remédie.',
  'reason.telegram_other_address':
    'Telegram envoie les messages du bot à une autre adresse. Tester le canal y remédie.',
  'reason.tidio_other_project':
    'L’identifiant et le secret du client sont d’un autre projet que la clé publique : ses événements seront refusés.',
  'reason.tidio_plan': 'L’abonnement Tidio doit comprendre l’OpenAPI.',
  'reason.tidio_refused': 'Vérifiez l’identifiant et le secret du client.',
  'reason.timeout': 'Le workflow n’a pas répondu en {seconds} s.',
  'reason.no_new_token': 'La réponse de Meta à la demande d’un nouveau jeton n’en contient pas.',
  'reason.token_ends':
    'Le jeton d’accès expire le {day}. Procurez-vous-en un nouveau et reconnectez le canal avant.',
  'reason.token_not_renewed':
    'Le jeton d’accès n’a pas pu être renouvelé ; un nouvel essai a lieu chaque jour.',
  'reason.token_over':
    'Le jeton d’accès a expiré le {day}. Procurez-vous-en un nouveau et reconnectez le canal.',
  'reason.too_large': 'La réponse dépasse 1 Mo.',
  'reason.unknown_kind': 'Ce genre d’événement est inconnu.',
  'reason.unreadable': 'Ce n’est pas ce que décrit la documentation du fournisseur.',
  'reason.vendor_unreachable': 'Le fournisseur est injoignable.',
  'reason.whatsapp_low_quality':
    'WhatsApp juge la qualité du numéro faible : des personnes le bloquent ou le signalent.',
  'reason.whatsapp_name_not_approved':
    'WhatsApp n’a pas approuvé le nom affiché : voyez WhatsApp Manager → Numéros de téléphone.',
  'reason.whatsapp_other_account':
    'Le numéro n’est pas du compte WhatsApp Business {account} : les modèles seraient ceux d’un autre compte.',
};

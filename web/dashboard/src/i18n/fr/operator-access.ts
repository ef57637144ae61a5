export const operatorAccess = {
  'operatorAccess.title': 'Accès des opérateurs',
  'operatorAccess.hint':
    'Ceux qui gèrent cette installation voient le nom et les chiffres de votre espace, et rien de son contenu. Pour obtenir de l’aide, vous pouvez les laisser entrer quelques heures. Tout ce qu’ils regardent est inscrit dans le journal d’audit.',
  'operatorAccess.mayLook': 'Entrée accordée par {name} pour regarder, jusqu’au {time}.',
  'operatorAccess.mayChange':
    'Entrée accordée par {name} pour regarder et modifier, jusqu’au {time}.',
  'operatorAccess.here': 'Présents en ce moment : {names}',
  'operatorAccess.end': 'Mettre fin à l’accès',
  'operatorAccess.hours': 'Pour combien de temps',
  'operatorAccess.hoursCount': { one: '{count} heure', other: '{count} heures' },
  'operatorAccess.change': 'Ils peuvent modifier',
  'operatorAccess.changeHint':
    'Sinon ils regardent seulement. Les membres, les clés d’API et les modèles leur restent fermés dans les deux cas.',
  'operatorAccess.grant': 'Laisser entrer les opérateurs',
  'operatorAccess.ownersOnly': 'Seul un propriétaire peut laisser entrer les opérateurs.',
  'standing.suspended':
    'Cet espace de travail est suspendu : tout peut être lu et emporté, rien ne peut être modifié.',
  'standing.visiting':
    'Vous êtes dans cet espace en tant qu’opérateur, jusqu’au {time}. Ce que vous regardez est inscrit dans son journal d’audit.',
  'standing.leave': 'Quitter',
  'standing.open': 'Les opérateurs peuvent entrer dans cet espace jusqu’au {time}.',
  'standing.here': 'Opérateurs dans cet espace : {names}, au plus tard jusqu’au {time}.',
  'standing.end': 'Y mettre fin',
} as const;

export const upkeep = {
  'upkeep.title': 'Entretien',
  'upkeep.hint': 'Ce que vos réponses vous demandent de regarder. Rien ne change tout seul.',
  'upkeep.fine': 'Rien à corriger',
  'upkeep.fineHint':
    'Aucune réponse n’en contredit une autre, aucune n’a déplu, et aucune ne nomme un jour passé.',
  'upkeep.incomplete':
    'Il y a trop de réponses pour les comparer toutes : les 5 000 formulations les plus récentes l’ont été.',
  'upkeep.contradictions': 'Contradictions',
  'upkeep.contradictionsHint':
    'Deux réponses à presque la même question qui ne disent pas la même chose.',
  'upkeep.numbers': 'Les nombres diffèrent',
  'upkeep.yesAndNo': 'L’une dit oui, l’autre non',
  'upkeep.otherAnswer': 'Même question, autre réponse',
  'upkeep.alike': 'questions proches à {percent} %',
  'upkeep.used': {
    one: 'utilisée {count} fois en 30 jours',
    other: 'utilisée {count} fois en 30 jours',
  },
  'upkeep.changed': 'modifiée {time}',
  'upkeep.edit': 'Modifier',
  'upkeep.keepThis': 'Garder cette réponse',
  'upkeep.keepThisHint': 'L’autre question mènera aussi à cette réponse',
  'upkeep.noContradiction': 'Pas de contradiction',
  'upkeep.disliked': 'Jugées fausses par des visiteurs',
  'upkeep.dislikedHint': 'Au moins deux pouces baissés depuis la dernière modification.',
  'upkeep.thumbs': '{down} pouces baissés, {up} levés',
  'upkeep.leave': 'Laisser telle quelle',
  'upkeep.outdated': 'Nomment un jour passé',
  'upkeep.outdatedHint': 'La réponse n’est peut-être plus valable.',
  'upkeep.named': 'nomme le {date}',
  'upkeep.stillRight': 'Toujours juste',
  'upkeep.unused': 'Jamais utilisées',
  'upkeep.unusedHint': 'Plus de 30 jours, et dans aucune réponse des 90 derniers jours.',
  'upkeep.unusedTooEarly': {
    one: 'Il y a eu {count} réponse en 90 jours. À partir de 100, on voit ici celles dont personne n’a besoin.',
    other:
      'Il y a eu {count} réponses en 90 jours. À partir de 100, on voit ici celles dont personne n’a besoin.',
  },
  'upkeep.turnOff': 'Désactiver',
  'upkeep.keep': 'Garder',
  'upkeep.vanished': {
    one: '{count} page de vos sites a disparu',
    other: '{count} pages de vos sites ont disparu',
  },
  'upkeep.vanishedHint': 'Plus personne n’en reçoit de réponse.',
  'upkeep.toWebsites': 'Aller aux sites web',
  'upkeep.dismissed': 'Mis de côté tant que la réponse ne change pas.',
} as const;

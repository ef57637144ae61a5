export const promise = {
  'promise.title': 'À partir de quelle certitude le bot répond-il seul ?',
  'promise.noQuestions':
    'Dès que des visiteurs auront posé des questions, vous verrez ici combien reçoivent une réponse sans aide si au moins 95 % des réponses doivent être justes.',
  'promise.byLabels': {
    one: 'D’après {count} réponse connue comme juste ou fausse (pouces, lacunes comblées, jeux d’évaluation) et {questions} questions différentes.',
    other:
      'D’après {count} réponses connues comme justes ou fausses (pouces, lacunes comblées, jeux d’évaluation) et {questions} questions différentes.',
  },
  'promise.byConfidence':
    'Une estimation, sur {questions} questions différentes. Elle devient la vôtre dès que {needed} réponses sont connues comme justes ou fausses, par les pouces, les lacunes comblées et les jeux d’évaluation ; il y en a {count} pour l’instant.',
  'promise.calibrated': 'La confiance est corrigée par vos propres réponses.',
  'promise.now':
    'Aujourd’hui : à partir d’une confiance de {threshold}, {coverage} des questions reçoivent une réponse sans aide, et {precision} de ces réponses sont justes.',
  'promise.promise': 'Justes, promis',
  'promise.coverage': 'Répondu seul',
  'promise.precision': 'Justes, estimé',
  'promise.threshold': 'Confiance',
  'promise.atLeast': 'Au moins {percent}',
  'promise.unreachable': 'Aucune confiance jusqu’à 95 % ne tient encore cette promesse.',
  'promise.isNow': 'En vigueur',
  'promise.make': 'Choisir',
  'promise.makeThis': 'Promettre au moins {percent}',
  'promise.made': 'Le bot répond seul à partir d’une confiance de {threshold}.',
  'promise.expected': 'Justes, attendu',
  'promise.judged': 'Jugées par vous',
  'promise.rightOf': '{right} sur {count} ({interval})',
  'promise.none': 'aucune',
  'promise.notExpected': 'et non {percent} comme attendu',
  'promise.nowExpected':
    'Aujourd’hui : à partir d’une confiance de {threshold}, {coverage} des questions reçoivent une réponse sans aide, et {precision} de ces réponses devraient être justes.',
  'promise.own': {
    one: 'Sur {count} réponse aussi sûre que vous avez jugée, {right} était juste : {interval}.',
    other:
      'Sur {count} réponses aussi sûres que vous avez jugées, {right} étaient justes : {interval}.',
  },
  'promise.noneJudged':
    'Vous n’avez jugé aucune réponse aussi sûre : rien chez vous ne le confirme encore.',
  'promise.contradicted': 'Vos propres réponses contredisent ce qui est attendu.',
  'promise.countWith':
    'On en attendait {expected}. Comptez sur {precision} tant que davantage de réponses n’ont pas été jugées.',
  'promise.lowerTitle': 'Laisser le bot répondre seul plus souvent ?',
  'promise.lowerText':
    'Il répondra à partir d’une confiance de {threshold} au lieu de {before} : à {coverage} des questions au lieu de {coverageBefore}.',
  'promise.known': 'Ce que l’on sait',
  'promise.unknown': 'Ce que l’on ne sait pas',
  'promise.addedJudged': {
    one: 'Parmi les réponses en plus, {count} a été jugée : {right} juste.',
    other: 'Parmi les réponses en plus, {count} ont été jugées : {right} justes.',
  },
  'promise.noneAdded': 'Parmi les réponses en plus, aucune n’a été jugée.',
  'promise.notYours':
    'Combien de ces réponses sont justes ici : {expected}, c’est ce qu’on attend d’entreprises en général.',
  'promise.tooFew': {
    one: 'Si cela vaut pour la vôtre : {count} réponse est connue comme juste ou fausse, sur les {needed} nécessaires.',
    other:
      'Si cela vaut pour la vôtre : {count} réponses sont connues comme justes ou fausses, sur les {needed} nécessaires.',
  },
  'promise.lowerAction': 'Répondre seul plus souvent',
} as const;

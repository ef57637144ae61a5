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
} as const;

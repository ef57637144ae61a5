export const searchModel = {
  'searchModel.title': 'Modèle de recherche',
  'searchModel.hint':
    'Le modèle d’embedding qui trouve les connaissances par leur sens, à côté de la recherche par mots.',
  'searchModel.serves': 'En service',
  'searchModel.prepared': 'En préparation',
  'searchModel.local': 'Modèle local',
  'searchModel.localFacts': 'all-MiniLM-L6-v2, sur ce serveur · vecteurs de 384 nombres',
  'searchModel.localLanguages':
    'Il comprend l’anglais. Dans les autres langues, les questions sont rapprochées de vos textes surtout par les mots qu’ils partagent.',
  'searchModel.endpointLanguages':
    'On s’y fie dans toutes les langues ; il doit donc connaître celles de vos visiteurs : son fournisseur dit lesquelles. Tant qu’il ne répond pas, la recherche se fait par les mots seuls.',
  'searchModel.notInstalled': 'Non installé',
  'searchModel.notInstalledHint':
    'Les fichiers du modèle local manquent sur ce serveur : la recherche se fait par les mots seuls. L’exploitant peut les installer ; `rapport doctor` dit comment.',
  'searchModel.vectors': 'vecteurs de {count} nombres',
  'searchModel.waiting': {
    one: '{count} texte attend encore son vecteur. D’ici là, il est trouvé par ses mots seuls.',
    other:
      '{count} textes attendent encore leur vecteur. D’ici là, ils sont trouvés par les mots seuls.',
  },
  'searchModel.embedded': '{done} textes sur {total} sont prêts ({share})',
  'searchModel.meanwhile':
    'Le modèle en service reste jusqu’à ce que tous les textes soient prêts. La recherche change alors d’un coup.',
  'searchModel.triedAgain':
    'Un nouvel essai a lieu tout seul. Si l’échec persiste, vérifiez le point d’accès et sa clé, ou choisissez un autre modèle.',
  'searchModel.givenUp':
    'Il n’y a plus de nouvel essai automatique : choisissez un modèle, le même ou un autre.',
  'searchModel.stop': 'Arrêter le changement',
  'searchModel.stopTitle': 'Arrêter le changement ?',
  'searchModel.stopText': 'Le modèle en service reste. Ce qui a été préparé avec {name} est jeté.',
  'searchModel.change': 'Changer de modèle',
  'searchModel.use': 'Utiliser ce modèle',
  'searchModel.kind': 'Où il tourne',
  'searchModel.localOption': 'Sur ce serveur : modèle local, anglais',
  'searchModel.localMissingOption': 'Sur ce serveur : modèle local (non installé)',
  'searchModel.endpointOption': 'Point d’accès compatible OpenAI',
  'searchModel.isSent':
    'Vos textes et chaque question d’un visiteur sont envoyés au point d’accès, qui en fait des vecteurs.',
  'searchModel.modelHint': 'Un modèle d’embedding, nommé comme le fournisseur l’écrit.',
  'searchModel.keyHint':
    'Conservée chiffrée et plus jamais montrée : saisissez-la de nouveau à chaque changement ici.',
  'searchModel.dimensions': 'Dimensions du vecteur',
  'searchModel.dimensionsHint':
    'Combien de nombres compte un vecteur. Vide : autant que le modèle en donne. Seuls certains modèles peuvent en donner moins.',
  'searchModel.effect':
    'Tous les textes repassent par le modèle, en arrière-plan. Ce qui sert aujourd’hui continue jusqu’à ce qu’ils soient prêts.',
  'searchModel.index': 'Index d’une grande base',
  'searchModel.indexServes':
    'Vos documents et sites web ont trop de passages pour comparer chacun à chaque question. La recherche passe par un index ({backend}), qui trouve presque tous les plus proches.',
  'searchModel.indexGrows':
    'Vos documents et sites web ont beaucoup de passages, qui entrent dans un index ({backend}). Jusqu’à ce que presque tous y soient, ils restent tous en mémoire et sont comparés à chaque question.',
  'searchModel.inIndex': 'Dans l’index',
  'searchModel.indexed': '{done} passages sur {total} ({share})',
  'searchModel.inMemory': 'En mémoire',
  'searchModel.passages': { one: '{count} passage', other: '{count} passages' },
  'searchModel.recall': 'Trouvé par l’index',
  'searchModel.recallIs':
    '{share} des dix passages les plus proches (recall@10), mesuré le {time} avec {count} de vos passages',
  'searchModel.recallUnknown': 'Pas encore mesuré',
  'searchModel.learning': 'Appris de vos propres questions',
  'searchModel.learningHint':
    'Les pouces, les lacunes comblées et les jeux d’évaluation apprennent à la recherche ce que vos clients entendent par leurs mots. Ce qu’elle apprend est essayé sur des questions qu’elle n’a pas vues, et ne sert que si elles trouvent nettement mieux leur réponse.',
  'searchModel.labels':
    '{questions} questions dont la réponse est connue, {rejections} réponses rejetées, {unanswerable} questions sans réponse.',
  'searchModel.labelsMissing': {
    one: 'Il en manque encore {count} dont la réponse est connue.',
    other: 'Il en manque encore {count} dont la réponse est connue.',
  },
  'searchModel.train': 'Apprendre maintenant',
  'searchModel.training': 'Apprentissage en cours',
  'searchModel.ready': 'Peut servir',
  'searchModel.failed': 'Échec',
  'searchModel.notUsed': 'Pas meilleure',
  'searchModel.activate': 'Utiliser cette version',
  'searchModel.rollBack': 'Revenir en arrière',
  'searchModel.rollBackTitle': 'Revenir en arrière ?',
  'searchModel.rollBackTo': 'La version {version} sert de nouveau.',
  'searchModel.rollBackAlone':
    'Le modèle de recherche sert de nouveau seul. Ce qui a été appris est conservé.',
  'searchModel.foundFirst': 'Bonne réponse en premier',
  'searchModel.reciprocal': 'Rang réciproque moyen',
  'searchModel.surprise': 'Surprise de la confiance (log loss)',
  'searchModel.fromTo': '{before} → {after} (intervalle à 95 % du gain : {low} à {high})',
  'searchModel.isBetter': {
    one: 'Nettement meilleure sur {count} question mise de côté.',
    other: 'Nettement meilleure sur {count} questions mises de côté.',
  },
  'searchModel.nothingLearned':
    'Rien n’a été appris dont d’autres questions profiteraient ; rien ne change donc.',
  'searchModel.notClearlyBetter':
    'La différence peut être due au hasard ; elle ne sert donc pas. Plus de retours aideront.',
  'searchModel.lessSure':
    'Elle trouve mieux, mais sa confiance en dit moins sur ce qui est juste ; elle ne sert donc pas.',
} as const;

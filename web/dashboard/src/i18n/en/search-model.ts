export const searchModel = {
  'searchModel.title': 'Search model',
  'searchModel.hint':
    'The embedding model that finds knowledge by its meaning, beside the search by words.',
  'searchModel.serves': 'In use',
  'searchModel.prepared': 'Being prepared',
  'searchModel.local': 'Local model',
  'searchModel.localFacts': 'all-MiniLM-L6-v2, on this server · vectors of 384 numbers',
  'searchModel.localLanguages':
    'It understands English. In other languages, questions are matched mostly by the words they share with your texts.',
  'searchModel.endpointLanguages':
    'It is trusted with every language, so it should know those of your visitors: its provider says which. While it does not answer, the search goes by words alone.',
  'searchModel.notInstalled': 'Not installed',
  'searchModel.notInstalledHint':
    'The files of the local model are missing on this server, so the search goes by words alone. The operator can install them; `rapport doctor` says how.',
  'searchModel.vectors': 'vectors of {count} numbers',
  'searchModel.waiting': {
    one: '{count} text still waits for its vector. Until then it is found by its words alone.',
    other: '{count} texts still wait for their vectors. Until then they are found by words alone.',
  },
  'searchModel.embedded': '{done} of {total} texts are ready ({share})',
  'searchModel.meanwhile':
    'The model in use serves as before until all texts are ready. Then the search changes at once.',
  'searchModel.triedAgain':
    'It is tried again by itself. If it keeps failing, look at the endpoint and its key, or choose another model.',
  'searchModel.givenUp':
    'It is not tried again by itself any more: choose a model, the same or another one.',
  'searchModel.stop': 'Stop the change',
  'searchModel.stopTitle': 'Stop the change?',
  'searchModel.stopText': 'The model in use stays. What was prepared with {name} is thrown away.',
  'searchModel.change': 'Change the model',
  'searchModel.use': 'Use this model',
  'searchModel.kind': 'Where it runs',
  'searchModel.localOption': 'On this server: local model, English',
  'searchModel.localMissingOption': 'On this server: local model (not installed)',
  'searchModel.endpointOption': 'OpenAI-compatible endpoint',
  'searchModel.isSent':
    'Your texts and every question of a visitor are sent to the endpoint, to be turned into vectors.',
  'searchModel.modelHint': 'An embedding model, by its name as the provider writes it.',
  'searchModel.keyHint':
    'Stored encrypted and never shown again: type it again whenever you change something here.',
  'searchModel.dimensions': 'Dimensions',
  'searchModel.dimensionsHint':
    'How many numbers a vector has. Empty: as many as the model gives. Only some models can give fewer.',
  'searchModel.effect':
    'All texts are embedded anew in the background. What serves now goes on until they are ready.',
  'searchModel.index': 'Index of a large base',
  'searchModel.indexServes':
    'Your documents and web sites have too many passages to compare each with every question. They are searched through an index ({backend}), which finds nearly all of the nearest.',
  'searchModel.indexGrows':
    'Your documents and web sites have many passages, which are being put into an index ({backend}). Until nearly all are in it, all of them are held in memory and compared with every question.',
  'searchModel.inIndex': 'In the index',
  'searchModel.indexed': '{done} of {total} passages ({share})',
  'searchModel.inMemory': 'Held in memory',
  'searchModel.passages': { one: '{count} passage', other: '{count} passages' },
  'searchModel.recall': 'Found by the index',
  'searchModel.recallIs':
    '{share} of the ten nearest passages (recall@10), measured on {time} with {count} of your own passages',
  'searchModel.recallUnknown': 'Not measured yet',
  'searchModel.learning': 'Learned from your own questions',
  'searchModel.learningHint':
    'Thumbs, closed gaps and evaluation sets teach the search what your customers mean by their words. What it learns is tried on questions that it was not taught, and serves only if they are clearly better answered.',
  'searchModel.labels':
    '{questions} questions with a known answer, {rejections} rejected answers, {unanswerable} questions without an answer.',
  'searchModel.labelsMissing': {
    one: '{count} more with a known answer is needed.',
    other: '{count} more with a known answer are needed.',
  },
  'searchModel.train': 'Learn now',
  'searchModel.training': 'Learning',
  'searchModel.ready': 'May be used',
  'searchModel.failed': 'Failed',
  'searchModel.notUsed': 'Not better',
  'searchModel.activate': 'Use this version',
  'searchModel.rollBack': 'Roll back',
  'searchModel.rollBackTitle': 'Roll back?',
  'searchModel.rollBackTo': 'Version {version} serves again.',
  'searchModel.rollBackAlone': 'The search model serves alone again. What was learned is kept.',
  'searchModel.foundFirst': 'Right answer comes first',
  'searchModel.reciprocal': 'Mean reciprocal rank',
  'searchModel.surprise': 'Surprise of the confidence (log loss)',
  'searchModel.fromTo': '{before} → {after} (95% interval of the gain: {low} to {high})',
  'searchModel.isBetter': {
    one: 'Clearly better on {count} held-back question.',
    other: 'Clearly better on {count} held-back questions.',
  },
  'searchModel.nothingLearned':
    'Nothing was learned that other questions would gain from, so nothing changes.',
  'searchModel.notClearlyBetter':
    'The difference may be chance, so it does not serve. More labels help.',
  'searchModel.lessSure':
    'It finds better, but its confidence says less about what is right, so it does not serve.',
} as const;

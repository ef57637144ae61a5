export const promise = {
  'promise.title': 'How sure must the bot be to answer alone?',
  'promise.noQuestions':
    'Once visitors have asked something, this shows how many questions are answered alone if at least 95 % of the answers shall be right.',
  'promise.byLabels': {
    one: 'From {count} answer that is known to be right or wrong (thumbs, closed gaps, evaluation sets) and {questions} different questions.',
    other:
      'From {count} answers that are known to be right or wrong (thumbs, closed gaps, evaluation sets) and {questions} different questions.',
  },
  'promise.byConfidence':
    'From the confidence as it is shipped, over {questions} different questions: {count} of the {needed} answers needed are known to be right or wrong. Thumbs, closed gaps and evaluation sets make it yours.',
  'promise.calibrated': 'The confidence is corrected by your own answers.',
  'promise.now':
    'Now: from a confidence of {threshold} on, {coverage} of the questions are answered alone, {precision} of these rightly.',
  'promise.promise': 'Promise',
  'promise.coverage': 'Answered alone',
  'promise.precision': 'Right',
  'promise.threshold': 'Confidence',
  'promise.atLeast': 'At least {percent} right',
  'promise.unreachable': 'No confidence up to 95 % keeps this promise yet.',
  'promise.isNow': 'In force',
  'promise.make': 'Use this',
  'promise.makeThis': 'Promise at least {percent}',
  'promise.made': 'The bot answers alone from a confidence of {threshold} on.',
} as const;

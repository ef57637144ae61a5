export const promise = {
  'promise.title': 'How sure must the bot be to answer alone?',
  'promise.noQuestions':
    'Once visitors have asked something, this shows how many questions are answered alone if at least 95% of the answers shall be right.',
  'promise.byLabels': {
    one: 'From {count} answer that is known to be right or wrong (thumbs, closed gaps, evaluation sets) and {questions} different questions.',
    other:
      'From {count} answers that are known to be right or wrong (thumbs, closed gaps, evaluation sets) and {questions} different questions.',
  },
  'promise.byConfidence':
    'An estimate, from {questions} different questions. It becomes your own once {needed} answers are known to be right or wrong, by thumbs, closed gaps and evaluation sets; so far there are {count}.',
  'promise.calibrated': 'The confidence is corrected by your own answers.',
  'promise.now':
    'Now: from a confidence of {threshold} on, {coverage} of the questions are answered alone, and {precision} of these answers are right.',
  'promise.promise': 'Right, as promised',
  'promise.coverage': 'Answered alone',
  'promise.precision': 'Right, likely',
  'promise.threshold': 'Confidence',
  'promise.atLeast': 'At least {percent}',
  'promise.unreachable': 'No confidence up to 95% keeps this promise yet.',
  'promise.isNow': 'In force',
  'promise.make': 'Use this',
  'promise.makeThis': 'Promise at least {percent}',
  'promise.made': 'The bot answers alone from a confidence of {threshold} on.',
} as const;

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
  'promise.expected': 'Right, expected',
  'promise.judged': 'Judged by you',
  'promise.rightOf': '{right} of {count} ({interval})',
  'promise.none': 'none',
  'promise.notExpected': 'not {percent} as expected',
  'promise.nowExpected':
    'Now: from a confidence of {threshold} on, {coverage} of the questions are answered alone, and {precision} of these answers are expected to be right.',
  'promise.own': {
    one: 'Of {count} answer this sure that you judged, {right} was right: {interval}.',
    other: 'Of {count} answers this sure that you judged, {right} were right: {interval}.',
  },
  'promise.noneJudged':
    'You have not judged any answer this sure: nothing of your own confirms it yet.',
  'promise.contradicted': 'Your own answers contradict what is expected.',
  'promise.countWith':
    'Expected were {expected}. Count with {precision} until more answers have been judged.',
  'promise.lowerTitle': 'Let the bot answer more alone?',
  'promise.lowerText':
    'It then answers from a confidence of {threshold} on instead of {before}: {coverage} of the questions instead of {coverageBefore}.',
  'promise.known': 'What is known',
  'promise.unknown': 'What is not known',
  'promise.addedJudged': {
    one: 'Of the answers that come in addition, {count} was judged: {right} right.',
    other: 'Of the answers that come in addition, {count} were judged: {right} right.',
  },
  'promise.noneAdded': 'Of the answers that come in addition, none was judged.',
  'promise.notYours':
    'How many of these answers are right here: {expected} is what is expected of businesses in general.',
  'promise.tooFew': {
    one: 'Whether that holds for yours: {count} answer of the {needed} that it takes is known to be right or wrong.',
    other:
      'Whether that holds for yours: {count} answers of the {needed} that it takes are known to be right or wrong.',
  },
  'promise.lowerAction': 'Answer more alone',
} as const;
